# SPDX-License-Identifier: Apache-2.0
# ms_verilate(target arguments of verilate()): as verilate(), but cheaper to compile. What Verilator calls
# slow (constructors, coverage points) runs once for each router and is compiled without optimisation,
# which takes a fifth of the time. Verilator's own runtime is compiled once, in mixspike_rtl, which every
# other target links.
function(ms_verilate target)
  verilate(${target} ${ARGN} OPT_SLOW -O0)
  if(NOT target STREQUAL mixspike_rtl)
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources EXCLUDE REGEX "/verilated(_dpi|_threads|_vpi)?\\.cpp$")
    set_target_properties(${target} PROPERTIES SOURCES "${sources}")
  endif()
endfunction()
