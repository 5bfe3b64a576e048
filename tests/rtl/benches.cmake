# SPDX-License-Identifier: Apache-2.0
# Tests that need the RTL built once more: with coverage points, and with mutants.

# ms_add_coverage(name floors test...): what the tests cover together, in the run that tests.
function(ms_add_coverage name floors)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  file(MAKE_DIRECTORY ${folder})
  string(REGEX REPLACE "(unit|integration)\\." "test_" programs "${ARGN}")
  add_test(NAME integration.${name}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/coverage.sh ${folder} ${programs})
  set_tests_properties(${ARGN} PROPERTIES FIXTURES_SETUP ${name} ENVIRONMENT MS_COVERAGE=${folder})
  set_tests_properties(integration.${name} PROPERTIES LABELS integration TIMEOUT 120
    FIXTURES_REQUIRED ${name})
  if(floors)
    set_tests_properties(integration.${name} PROPERTIES ENVIRONMENT "MS_FLOORS=${floors}")
  endif()
endfunction()

ms_add_test(router_coverage integration test_router_coverage.cpp)
target_link_libraries(test_router_coverage PRIVATE test_boards test_core)
ms_add_coverage(rtl_coverage "" integration.router_coverage unit.router_edge)

# The chip at its pads, small, with coverage points.
set(test_pads_sizes
  -GNumNeurons=8 -GNumInputs=12 -GNumEntries=64 -GNumTags=37 -GNumSends=24 -GNumBiases=4)
add_library(test_pads STATIC)
target_link_libraries(test_pads PUBLIC mixspike_rtl)
target_compile_options(test_pads PRIVATE -Wno-unused -O1)
ms_verilate(test_pads COVERAGE PREFIX Vchipaxi TOP_MODULE chip_axi
  SOURCES ${PROJECT_SOURCE_DIR}/rtl/lint.vlt ${MS_RTL_CHIP_SOURCES}
  DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/chipaxi
  VERILATOR_ARGS -Wall --assert -O3 --x-assign fast --x-initial fast
    ${test_pads_sizes})
ms_add_test(chip_axi integration test_chip_axi.cpp)
target_link_libraries(test_chip_axi PRIVATE test_pads)
target_compile_definitions(test_chip_axi PRIVATE VM_COVERAGE=1)
target_include_directories(test_chip_axi SYSTEM PRIVATE ${VERILATOR_ROOT}/include)

# The chip inside, with coverage points.
set(test_chip_sizes -GNumInputs=16 -GNumEntries=512 -GNumSends=128 -GNumBiases=4)
add_library(test_chip_covered STATIC test_chip.cpp)
target_link_libraries(test_chip_covered PUBLIC mixspike_rtl)
target_compile_options(test_chip_covered PRIVATE -Wno-unused -O1)
ms_verilate(test_chip_covered COVERAGE PREFIX Vchip2x2t TOP_MODULE chip_top
  SOURCES ${PROJECT_SOURCE_DIR}/rtl/lint.vlt ${MS_RTL_CHIP_SOURCES}
  DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/chip2x2t
  VERILATOR_ARGS -Wall --assert -O3 --x-assign fast --x-initial fast --vpi +define+MS_METASTABLE
    ${test_chip_sizes})
ms_add_test(chip_cover integration test_chip_cover.cpp)
target_link_libraries(test_chip_cover PRIVATE test_boards test_chip_covered)
ms_add_test(chip_fair integration test_chip_fair.cpp)
target_link_libraries(test_chip_fair PRIVATE test_chip_covered)
ms_add_test(chip_edge integration test_chip_edge.cpp)
target_link_libraries(test_chip_edge PRIVATE test_boards test_chip_covered)
ms_add_coverage(chip_coverage "94 97 88" integration.chip_cover integration.chip_edge
  integration.chip_axi)

# Mutants: all broken variants of a list in one build, chosen by the environment.
# ms_mutate(list sources top prefix library arguments...): Verilates the mutated sources into a library;
# the number of mutants comes back as <library>_count.
function(ms_mutate list sources top prefix library)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${library})
  file(MAKE_DIRECTORY ${folder})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list} mutate.awk ${${sources}})
  execute_process(
    COMMAND awk -v out=${folder} -f ${CMAKE_CURRENT_SOURCE_DIR}/mutate.awk
      ${CMAKE_CURRENT_SOURCE_DIR}/${list} ${${sources}}
    OUTPUT_VARIABLE count OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${library}_count ${count} PARENT_SCOPE)
  set(mutated ${CMAKE_CURRENT_SOURCE_DIR}/mutant_pkg.sv)
  foreach(source ${${sources}})
    get_filename_component(name ${source} NAME)
    list(APPEND mutated ${folder}/${name})
  endforeach()
  target_link_libraries(${library} PUBLIC mixspike_rtl)
  target_include_directories(${library} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_options(${library} PRIVATE -Wall -Wextra -Wno-unused -O1)
  ms_verilate(${library} PREFIX ${prefix} TOP_MODULE ${top}
    SOURCES ${PROJECT_SOURCE_DIR}/rtl/lint.vlt ${mutated}
    DIRECTORY ${folder}/verilated
    VERILATOR_ARGS -Wno-fatal -Wno-WIDTH -Wno-UNUSED --assert -O3 --x-assign fast --x-initial fast
      +define+MS_MUTANT=mutant_pkg::active ${ARGN})
endfunction()
# ms_add_mutants(name list library program...): the programs notice each mutant.
function(ms_add_mutants name list library)
  set(programs)
  foreach(program ${ARGN})
    list(APPEND programs $<TARGET_FILE:${program}>)
  endforeach()
  add_test(NAME integration.${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.sh
    ${CMAKE_CURRENT_SOURCE_DIR}/${list} ${${library}_count} ${programs})
  set_tests_properties(integration.${name} PROPERTIES LABELS integration TIMEOUT 900)
endfunction()

add_library(test_core_mutants STATIC test_core.cpp mutant.cpp)
ms_mutate(mutants.txt MS_RTL_SOURCES core_top Vcore8 test_core_mutants +define+MS_METASTABLE
  -GNumNeurons=8 -GNumInputs=12 -GNumEntries=256 -GNumBiases=32)
foreach(name edge coverage)
  add_executable(mutants_${name} test_router_${name}.cpp)
  target_link_libraries(mutants_${name} PRIVATE test_boards test_core_mutants mixspike PkgConfig::CMOCKA)
  ms_warnings(mutants_${name})
endforeach()
ms_add_mutants(rtl_mutants mutants.txt test_core_mutants mutants_edge mutants_coverage)

add_library(test_chip_mutants STATIC test_chip.cpp mutant.cpp)
ms_mutate(mutants_chip.txt MS_RTL_CHIP_SOURCES chip_top Vchip2x2t test_chip_mutants --vpi
  +define+MS_METASTABLE ${test_chip_sizes})
add_executable(mutants_chip test_chip_cover.cpp)
add_executable(mutants_fair test_chip_fair.cpp)
foreach(program mutants_chip mutants_fair)
  target_link_libraries(${program} PRIVATE test_boards test_chip_mutants mixspike PkgConfig::CMOCKA)
endforeach()
ms_add_mutants(chip_mutants mutants_chip.txt test_chip_mutants mutants_chip mutants_fair)

add_library(test_pads_mutants STATIC mutant.cpp)
ms_mutate(mutants_pads.txt MS_RTL_CHIP_SOURCES chip_axi Vchipaxi test_pads_mutants ${test_pads_sizes})
add_executable(mutants_pads test_chip_axi.cpp)
target_link_libraries(mutants_pads PRIVATE test_pads_mutants mixspike PkgConfig::CMOCKA)
target_include_directories(mutants_pads SYSTEM PRIVATE ${VERILATOR_ROOT}/include)
ms_add_mutants(pads_mutants mutants_pads.txt test_pads_mutants mutants_pads)
