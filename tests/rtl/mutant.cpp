/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the mutated RTL which of its mutants is to be active. */
#include <cstdlib>

extern "C" int mixspike_mutant() {
  const char *text = std::getenv("MS_MUTANT");
  return text ? std::atoi(text) : 0;
}
