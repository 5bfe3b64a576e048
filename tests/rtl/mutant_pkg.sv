// SPDX-License-Identifier: Apache-2.0
// Which mutant is active, from the environment (MS_MUTANT); 0: none.

package mutant_pkg;
  import "DPI-C" function int mixspike_mutant();
  int active = mixspike_mutant();
endpackage
