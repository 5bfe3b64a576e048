/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what a Verilated model has covered into the folder that MS_COVERAGE names, if it does: one
 * file a model, which the next run of the program writes again. */
#ifndef MS_TEST_COVERAGE_FILE_H
#define MS_TEST_COVERAGE_FILE_H

#include <verilated.h>
#if VM_COVERAGE
#include <verilated_cov.h>
#endif

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace mixspike::test {

inline void write_coverage(VerilatedContext &context) {
#if VM_COVERAGE
  static std::atomic<unsigned> number{0};
  if (const char *folder = std::getenv("MS_COVERAGE"))
    context.coveragep()->write((std::string(folder) + "/" + program_invocation_short_name + "-" +
                                std::to_string(number++) + ".dat")
                                   .c_str());
#else
  (void)context;
#endif
}

} // namespace mixspike::test

#endif
