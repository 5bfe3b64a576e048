/* SPDX-License-Identifier: Apache-2.0 */
/* Mismatch and corner of one device: Pelgrom's law from the process's pair coefficients. */
#include "mixspike/netlist.h"

#include <math.h>
#include <stdio.h>

ms_shift ms_element_shift(const ms_element *element, const ms_process *process, const ms_die *die,
                          const ms_pvt *pvt, const char *prefix) {
  ms_shift shift = {.dvth_v = 0, .beta = 1, .cap = 1};
  char path[512];
  snprintf(path, sizeof path, "%s%s", prefix, element->path);
  if (element->kind == 'm') {
    const ms_device *device = &process->device[element->type];
    const ms_corner *corner = &process->corner[pvt->corner];
    double w_m = element->w_m + device->dw_m, l_m = element->l_m + device->dl_m;
    double single = 1 / sqrt(2 * fmax(w_m, 1e-9) * fmax(l_m, 1e-9) * element->m);
    double dvth = ms_die_draw(die, path, MS_DRAW_DVTH) * device->avt_pair_vm * single;
    double dbeta = ms_die_draw(die, path, MS_DRAW_DBETA) * device->abeta_pair_m * single;
    /* ngspice adds delvto to vth0 whatever the type; a p-channel's vth0 is negative, so that
     * a positive delvto makes it faster (measured: +30 mV doubles a weak-inversion current). */
    double slower = element->type == MS_PFET ? -1 : 1;
    shift.dvth_v = dvth + slower * corner->dvth_v[element->type];
    shift.beta = fmax(1 + dbeta + corner->dbeta[element->type], 0.01);
  } else if (element->kind == 'c' && element->value > 0) {
    double area = element->value / process->cap_f_per_m2;
    double sigma = process->acap_pair_m / sqrt(2 * area);
    shift.cap = fmax(1 + ms_die_draw(die, path, MS_DRAW_DCAP) * sigma, 0.01);
  }
  return shift;
}
