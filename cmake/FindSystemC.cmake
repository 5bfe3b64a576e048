# SPDX-License-Identifier: Apache-2.0
# Finds SystemC with TLM-2.0 and makes the target mixspike::SystemC. Used by the build and by the
# installed package, since Debian's SystemC brings no CMake files. Sets MS_SYSTEMC_FOUND,
# MS_SYSTEMC_VERSION, or MS_SYSTEMC_PROBLEM. SYSTEMC_HOME helps to find one elsewhere.
include(CheckCXXSourceRuns)

find_path(MS_SYSTEMC_INCLUDE systemc HINTS $ENV{SYSTEMC_HOME}/include)
find_library(MS_SYSTEMC_LIBRARY systemc HINTS $ENV{SYSTEMC_HOME}
             PATH_SUFFIXES lib lib64 lib-linux64)
set(MS_SYSTEMC_FOUND FALSE)
if(NOT MS_SYSTEMC_INCLUDE OR NOT MS_SYSTEMC_LIBRARY)
  set(MS_SYSTEMC_PROBLEM "not found (Debian package libsystemc-dev)")
  return()
endif()
find_package(Threads REQUIRED)

# SystemC checks at start-up that library and headers were compiled for the same C++ standard.
set(CMAKE_REQUIRED_INCLUDES ${MS_SYSTEMC_INCLUDE})
set(CMAKE_REQUIRED_LIBRARIES ${MS_SYSTEMC_LIBRARY} Threads::Threads)
set(CMAKE_REQUIRED_FLAGS "-std=c++17")
set(CMAKE_REQUIRED_QUIET TRUE)
check_cxx_source_runs("#include <systemc>\n#include <tlm>\n
  int sc_main(int, char **) { return sc_core::sc_time(1, sc_core::SC_PS).value() == 0; }"
  MS_SYSTEMC_RUNS)
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_QUIET)
if(NOT MS_SYSTEMC_RUNS)
  set(MS_SYSTEMC_PROBLEM "${MS_SYSTEMC_LIBRARY} does not work with C++17 programs")
  return()
endif()

file(STRINGS ${MS_SYSTEMC_INCLUDE}/sysc/kernel/sc_ver.h version
     REGEX "define SC_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^;]* ([0-9]+)" "\\1" version "${version}")
string(REPLACE ";" "." MS_SYSTEMC_VERSION "${version}")
if(NOT TARGET mixspike::SystemC)
  add_library(mixspike::SystemC INTERFACE IMPORTED)
  target_include_directories(mixspike::SystemC SYSTEM INTERFACE ${MS_SYSTEMC_INCLUDE})
  target_compile_definitions(mixspike::SystemC INTERFACE SC_INCLUDE_DYNAMIC_PROCESSES)
  target_compile_features(mixspike::SystemC INTERFACE cxx_std_17)
  target_link_libraries(mixspike::SystemC INTERFACE ${MS_SYSTEMC_LIBRARY} Threads::Threads)
endif()
set(MS_SYSTEMC_FOUND TRUE)
