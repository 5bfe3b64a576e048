# SPDX-License-Identifier: Apache-2.0
# Warnings are errors in our own code; code that Verilator generates is not ours.
function(ms_warnings target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:-Wall;-Wextra;-Wconversion;-Wshadow;-Wstrict-prototypes;-Wmissing-prototypes;-Werror>
    $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Werror>)
endfunction()
