# SPDX-License-Identifier: Apache-2.0
# Finds what the project stands on; what is missing is named with the Debian package that brings it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(ms_need found what package)
  if(NOT ${found})
    message(FATAL_ERROR "${what} was not found. Install the Debian package ${package} "
                        "(scripts/setup.sh installs everything).")
  endif()
endfunction()

function(ms_pkg prefix module package)
  pkg_check_modules(${prefix} IMPORTED_TARGET GLOBAL ${module})
  ms_need(${prefix}_FOUND ${module} ${package})
endfunction()

ms_pkg(YAML yaml-0.1 libyaml-dev)
ms_pkg(CJSON libcjson libcjson-dev)
ms_pkg(ZLIB zlib zlib1g-dev)
ms_pkg(NGSPICE ngspice libngspice0-dev)
ms_pkg(CRYPTO libcrypto libssl-dev)
find_path(RANDOM123_INCLUDE Random123/philox.h)
ms_need(RANDOM123_INCLUDE Random123 librandom123-dev)
set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 COMPONENTS C HL)
ms_need(HDF5_FOUND HDF5 libhdf5-dev)
find_package(verilator HINTS /usr/share/verilator $ENV{VERILATOR_ROOT})
ms_need(verilator_FOUND Verilator verilator)
execute_process(COMMAND ${VERILATOR_BIN} --version OUTPUT_VARIABLE MS_VERILATOR_BANNER)
string(REGEX MATCH "[0-9]+\\.[0-9]+" MS_VERILATOR_VERSION "${MS_VERILATOR_BANNER}")

# SystemC is optional: without it the modules for virtual platforms (systemc/) are left out. Its
# library must have been compiled for the C++ standard that is used here.
include(FindSystemC)
if(MS_SYSTEMC_FOUND)
  message(STATUS "SystemC ${MS_SYSTEMC_VERSION}: modules for virtual platforms are built")
else()
  message(STATUS "SystemC: ${MS_SYSTEMC_PROBLEM}; the modules for virtual platforms are left out")
endif()

# MPI is optional: without it a study runs on one machine.
find_package(MPI QUIET COMPONENTS C)
set(MS_MPI_FOUND ${MPI_C_FOUND})
if(MS_MPI_FOUND)
  message(STATUS "MPI ${MPI_C_VERSION}: studies over several machines")
else()
  message(STATUS "MPI was not found (Debian: libopenmpi-dev, openmpi-bin); studies run on one machine")
endif()
