# SPDX-License-Identifier: Apache-2.0
# ms_verilate(target arguments of verilate()): as verilate(), but cheaper to compile. What Verilator calls
# slow (constructors, coverage points) runs once for each router and is compiled without optimisation.
# Without debugging symbols, of which generated code has no use, the compiler takes a fifth of the time
# under the sanitizers. Verilator's own runtime is compiled once, in mixspike_rtl, which every other target links.
function(ms_verilate target)
  set(plain)
  if(CMAKE_BUILD_TYPE STREQUAL Debug)
    set(plain -g0)
  endif()
  verilate(${target} ${ARGN} OPT_SLOW -O0 ${plain} OPT_FAST ${plain})
  if(NOT target STREQUAL mixspike_rtl)
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources EXCLUDE REGEX "/verilated(_dpi|_threads|_vpi)?\\.cpp$")
    set_target_properties(${target} PROPERTIES SOURCES "${sources}")
  endif()
endfunction()
