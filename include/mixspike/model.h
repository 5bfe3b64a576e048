/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip is made of, as read from analog-models/: process, cells, core, and a point of
 * operation. The structs are read only; each belongs to the object that its loader returned. */
#ifndef MIXSPIKE_MODEL_H
#define MIXSPIKE_MODEL_H

#include "mixspike/measure.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MS_NFET = 0, MS_PFET = 1 };

/** How a generic device (nfet, pfet) maps onto the process, and how it mismatches. */
typedef struct ms_device {
  bool subcircuit;     /**< instantiated with X instead of M */
  char *name;          /**< model or subcircuit name in the process's files */
  double avt_pair_vm;  /**< Pelgrom A_VT of a pair, V m; single device A_VT/sqrt(2 W L m) */
  double abeta_pair_m; /**< A_beta of a pair, m (1 %.um = 1e-8 m) */
  double dw_m, dl_m;   /**< added to the drawn width and length in Pelgrom's law */
  char *parallel;      /**< of a subcircuit that ignores m: model for M lines with m; else NULL */
} ms_device;

/** A global corner, added to every device's own draw. */
typedef struct ms_corner {
  char *name;
  double
      dvth_v[2];   /**< [MS_NFET, MS_PFET], in the sense of delvto's magnitude: positive = slower */
  double dbeta[2]; /**< relative */
  char *lib_file, *lib_section; /**< optional `.lib file section` of a PDK, else NULL */
} ms_corner;

typedef struct ms_process {
  char *name, *dir;
  size_t n_include;
  char **include;     /**< absolute paths */
  double supply_v[3]; /**< minimum, nominal, maximum */
  double temp_c[3];   /**< minimum, nominal, maximum */
  ms_device device[2];
  double
      acap_pair_m; /**< capacitor mismatch: sigma(dC/C) = acap/sqrt(2 area), area from C per area */
  double cap_f_per_m2;
  size_t n_corner;
  ms_corner *corner; /**< the first is the typical one */
} ms_process;

typedef enum ms_cell_kind {
  MS_CELL_SOMA,
  MS_CELL_SYNAPSE,
  MS_CELL_DAC,
  MS_CELL_BIAS,
  MS_CELL_OTHER
} ms_cell_kind;

typedef enum ms_role {
  MS_ROLE_SUPPLY,
  MS_ROLE_GROUND,
  MS_ROLE_BIAS,
  MS_ROLE_PULSE,
  MS_ROLE_WEIGHT_BITS,
  MS_ROLE_REQUEST,
  MS_ROLE_ACKNOWLEDGE,
  MS_ROLE_CURRENT_OUT,
  MS_ROLE_INPUT,
  MS_ROLE_PROBE,
  MS_ROLE_COARSE,
  MS_ROLE_FINE_BITS,
  MS_ROLE_BIAS_OUT,
  MS_ROLE_OTHER,
  MS_ROLE_TRIGGER, /**< only in manifests: a pulse pin with `trigger` set */
} ms_role;

typedef struct ms_pin {
  char *name;
  ms_role role;
  bool active_low;
  bool trigger; /**< MS_ROLE_PULSE: takes a short trigger, as a pulse extender follows */
  char *bias;   /**< MS_ROLE_BIAS: name of the bias in this cell */
  char *into;   /**< MS_ROLE_CURRENT_OUT: pin of the soma that takes the current */
  int line;     /**< in the manifest, for messages */
} ms_pin;

enum { MS_SET_ACCELERATED = 0, MS_SET_BIOLOGICAL = 1, MS_N_SET = 2 };

/** A bias line: a branch cell turns a (coarse, fine) code into a current and a voltage. */
typedef struct ms_bias {
  char *name;
  char *pin;
  char *branch;            /**< cell name of the branch: bias_n, bias_p */
  double w_m, l_m;         /**< of the branch's output diode, equal to the transistor it drives */
  unsigned code[MS_N_SET]; /**< default code of each bias set: coarse << 8 | fine; that of a unit
                                current is for the core's dac_bits: full scale stays the same */
  unsigned unit_bits;      /**< the current of one DAC unit, with default codes for a DAC of so many
                                bits as the manifest gives them; 0: no unit current */
  double min_a, max_a;     /**< range of its current, A */
  int line;                /**< in the cell's manifest */
} ms_bias;

typedef struct ms_parameter {
  char *name;
  double value;
} ms_parameter;
/** Start value of a state node; with `at_supply` the supply, whatever its voltage, plus voltage_v.
 * Of a bias branch: where the solver begins to look for the operating point. */
typedef struct ms_initial {
  char *node;
  bool at_supply;
  double voltage_v;
} ms_initial;

typedef struct ms_cell {
  char *name, *dir, *file; /**< file: the manifest's own path */
  ms_cell_kind kind;
  char *netlist, *subckt; /**< absolute path of cell.cir, subcircuit's name */
  size_t n_pin, n_parameter, n_initial, n_bias;
  ms_pin *pin;
  ms_parameter *parameter;
  ms_initial *initial;
  ms_bias *bias;
  double *coarse_a; /**< bias branches: master current of each coarse range, A */
  size_t n_coarse;
  char *own; /**< bias branches: cell that stands in this one's place on lines that sets of neurons
                have for themselves, compact; NULL: this one */
  size_t n_measure, n_spec, n_fixed;
  ms_measure *measure;
  ms_spec *spec;
  ms_conditions conditions;
  char **fixed; /**< devices whose size must not change */
} ms_cell;

enum { MS_EXC = 0, MS_INH = 1 };
enum { MS_MAX_ROWS = 8 };

/** One synapse circuit of every neuron of a core. */
typedef struct ms_row {
  char *name; /**< "exc0" */
  const ms_cell *cell;
  int sign;       /**< MS_EXC or MS_INH */
  unsigned index; /**< among the rows of its sign */
} ms_row;

/** A bias line of the core: shared by all neurons; cells used twice share their lines. */
typedef struct ms_core_bias {
  const ms_cell *cell;
  const ms_bias *bias;
  const ms_cell *branch;
  const ms_cell *own; /**< branch of each set of neurons that has the line for itself, of the same
                           codes; `branch` where that has no compact one */
  char *name; /**< "dpi_exc.itau", the name used in experiments; bias number = index in the core */
} ms_core_bias;

/** A core: N equal neurons. Loaded from analog-models/cores/NAME.yaml with all that it names. */
typedef struct ms_core {
  char *name, *file;
  const ms_process *process;
  const ms_cell *soma;
  size_t n_row;
  ms_row row[MS_MAX_ROWS];
  unsigned dac_bits;
  size_t n_bias;
  ms_core_bias *bias;
  ms_time clock_ps;           /**< period */
  ms_time pulse_ps[MS_N_SET]; /**< pulse width of each bias set */
  ms_time
      busy_ps[MS_N_SET];  /**< how long a pulse keeps its row; more than pulse_ps with triggers */
  ms_time trigger_ps;     /**< width of a row's trigger; 0: the line carries the pulse itself */
  ms_time edge_ps;        /**< ramp time of a digital edge at an analog pin */
  double tau_s[MS_N_SET]; /**< nominal membrane time constant of each bias set */
  double decap_f;         /**< decoupling of a bias line in the flat netlist */
  uint64_t checksum;      /**< of every file that took part */
} ms_core;

/** How long a delivery's line to its row is high. */
static inline ms_time ms_core_line_ps(const ms_core *core, int set) {
  return core->trigger_ps ? core->trigger_ps : core->pulse_ps[set];
}

/** A point of operation. Zero-initialised means: typical corner, nominal supply and temperature. */
typedef struct ms_pvt {
  unsigned corner; /**< index in the process */
  double supply_v; /**< 0: nominal */
  double temp_c;   /**< used if temp_set */
  bool temp_set;
} ms_pvt;

/** Reads a core manifest and everything it refers to.
 * @param models_dir  the analog-models folder (NULL: the installed or built-in one)
 * @param name        core name ("dpi16") or a path to a YAML file
 * @param dac_bits    0: as the manifest says; else overrides the weight DAC's bits (1..8)
 * @param out         the core; free with ms_core_destroy */
MS_API int ms_core_load(const char *models_dir, const char *name, unsigned dac_bits, ms_core **out,
                        ms_error *err);
MS_API void ms_core_destroy(ms_core *core);
/** Index of the bias "cell.bias", or MS_EMISSING. */
MS_API int ms_core_find_bias(const ms_core *core, const char *name);
/** Index of the corner of that name, or MS_EMISSING. */
MS_API int ms_process_find_corner(const ms_process *process, const char *name);

#ifdef __cplusplus
}
#endif
#endif
