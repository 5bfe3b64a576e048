/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of traffic that chips of several cores are tested with. */
#ifndef MS_TEST_CHIP_TRAFFIC_H
#define MS_TEST_CHIP_TRAFFIC_H

#include "chip_board.h"

namespace mixspike::test {

//                name, request, release, external, out_ready, config, width, fan_out, spread,
//                delay, shift, timeout, bad
constexpr ChipTraffic kChipTraffic[] = {
    {"sparse", 0.0005, 0.3, 0.01, 1.0, 0.0, 20, 4, 0.3, 0, 0},
    {"busy", 0.01, 0.5, 0.1, 1.0, 0.001, 3, 2, 0.2, 5, 0},
    {"saturated", 1.0, 1.0, 1.0, 1.0, 0.0, 1, 1, 0.3, 0, 0},
    {"saturated, delayed", 1.0, 1.0, 1.0, 0.9, 0.01, 1, 1, 0.2, 20, 0},
    {"broadcast", 0.05, 0.5, 0.2, 0.9, 0.0, 2, 2, 1.0, 3, 0},
    {"slow rows", 0.02, 0.5, 0.1, 1.0, 0.0, 60, 2, 0.2, 0, 0},
    {"slow receiver", 0.02, 0.5, 0.1, 0.1, 0.0, 3, 2, 0.2, 2, 1},
    {"long delays", 0.005, 0.5, 0.05, 1.0, 0.01, 4, 2, 0.2, 40, 4},
    {"configured while running", 0.01, 0.9, 0.2, 0.9, 0.7, 2, 2, 0.2, 3, 0},
    {"faulty tables", 0.02, 0.5, 0.2, 1.0, 0.01, 2, 2, 0.3, 4, 0, 0, 0.3},
    {"time-out", 0.3, 0.9, 0.5, 1.0, 0.0, 30, 1, 0.5, 6, 0, 25},
};

} // namespace mixspike::test

#endif
