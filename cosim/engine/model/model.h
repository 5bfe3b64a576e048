/* SPDX-License-Identifier: Apache-2.0 */
/* The model engine's own parts. A group's state lives at an anchor: the end of its last step or its
 * last event. Steps start at anchors and their length depends on the state there alone, so a run
 * depends on its inputs and never on how it was cut into windows and grants. */
#ifndef MS_MODEL_ENGINE_H
#define MS_MODEL_ENGINE_H

#include "engine/engine_impl.h"
#include "mixspike/neuron_model.h"

enum { MS_MODEL_LEVELS = 24 }; /* step lengths: tau/32 halved so often */

typedef struct ms_model_engine {
  ms_engine base;
  ms_model_spread spread;
  ms_neuron_model **own; /* [n_own], NULL where nothing was set */
  unsigned n_own;
} ms_model_engine;

typedef enum ms_model_phase {
  MS_MODEL_INTEGRATE,    /* below the threshold */
  MS_MODEL_RISING,       /* threshold passed, request about to rise */
  MS_MODEL_WAIT_ACK,     /* request up */
  MS_MODEL_FALLING,      /* acknowledged, request about to fall */
  MS_MODEL_WAIT_RELEASE, /* request down, acknowledge still given */
  MS_MODEL_REFRACTORY,
} ms_model_phase;

/* What changes from step to step. */
typedef struct ms_model_state {
  ms_time t;
  double v;                /* membrane, see neuron_model.h */
  double compare_s;        /* comparator */
  double i_a[MS_MAX_ROWS]; /* output current of each row */
} ms_model_state;

typedef struct ms_model_group {
  ms_group base;
  ms_run_spec spec;
  ms_neuron_model m;
  /* Constants of the run. */
  double v_rest, v_threshold;
  double step_s[MS_MODEL_LEVELS];
  ms_time step_ps[MS_MODEL_LEVELS];
  double half_decay[MS_MODEL_LEVELS][MS_MAX_ROWS]; /* exp(-h/2/tau) of each row */
  ms_time rise_ps, fall_ps, refractory_ps;
  /* State at the anchor. */
  ms_model_state now;
  double w_a[MS_MAX_ROWS];        /* weight current while the pulse is on, else 0 */
  ms_time pulse_end[MS_MAX_ROWS]; /* of a pulse made from a trigger, MS_TIME_NEVER without */
  uint16_t code[MS_MAX_ROWS];
  ms_model_phase phase;
  ms_time phase_at; /* end of the phase, MS_TIME_NEVER if something must come from outside */
  int req, ack;
  /* The step from the anchor on, as far as no event comes before its end. */
  int has_tentative;
  ms_model_state tentative;
  ms_time crossing; /* of the threshold inside it, MS_TIME_NEVER without */
  /* Inputs. */
  ms_stimulus *stimulus;
  size_t n_stimulus, next_stimulus, stimulus_capacity;
  size_t n_ack; /* acknowledge changes that it gave itself */
  ms_time ack_at;
  /* Towards the driver. */
  int running, stopped;
  ms_time limit, committed;
  ms_transition *transition;
  size_t n_transition, transition_capacity;
  /* Records. */
  ms_group_result result;
  size_t wave_capacity;
  ms_time next_sample;
  uint64_t n_spike, n_event;
} ms_model_group;

/* The neuron from bias currents instead of codes.
 * @param bias_a  [core->n_bias] */
int ms_model_from_currents(const ms_core *core, const ms_pvt *pvt, const double *bias_a,
                           ms_neuron_model *out, ms_error *err);
/* Current of bias line i at a code, A. */
double ms_model_bias_current(const ms_core *core, size_t i, unsigned code);
/* Current that a line voltage of this engine stands for, A. */
double ms_model_bias_decode(double voltage_v);

/* step.c */
void ms_model_prepare(ms_model_group *g);
void ms_model_tentative(ms_model_group *g);
/* The state at t from the anchor on with the inputs of the anchor. */
ms_model_state ms_model_state_at(const ms_model_group *g, ms_time t);

/* group.c */
int ms_model_group_create(ms_engine *engine, ms_group **out, ms_error *err);
void ms_model_group_destroy(ms_group *group);
int ms_model_group_start(ms_group *group, const ms_run_spec *spec, ms_error *err);
int ms_model_group_stimulate(ms_group *group, const ms_stimulus *stimulus, size_t n, ms_error *err);
int ms_model_group_grant(ms_group *group, ms_time limit, int cut, ms_error *err);
int ms_model_group_wait(ms_group *group, ms_report *report, ms_error *err);
int ms_model_group_finish(ms_group *group, ms_group_result *result, ms_error *err);

/* wave.c: records everything up to `to`, which becomes the anchor next. */
int ms_model_record(ms_model_group *g, const ms_model_state *to, ms_error *err);
int ms_model_record_begin(ms_model_group *g, ms_error *err);

#endif
