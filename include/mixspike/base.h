/* SPDX-License-Identifier: Apache-2.0 */
/* Errors, simulated time and die identity: what every other header of mixspike stands on. */
#ifndef MIXSPIKE_BASE_H
#define MIXSPIKE_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MS_API __attribute__((visibility("default")))

/** Every error the library returns: X(name, value, what it means). */
#define MS_ERRORS(X)                                                                               \
  X(MS_EINVAL, -1, "invalid argument")                                                             \
  X(MS_ENOMEM, -2, "out of memory")                                                                \
  X(MS_EIO, -3, "input or output failed")                                                          \
  X(MS_EPARSE, -4, "malformed file")                                                               \
  X(MS_ERANGE, -5, "value out of range")                                                           \
  X(MS_EUNIT, -6, "wrong unit")                                                                    \
  X(MS_EREFUSED, -7, "refused as unsafe")                                                          \
  X(MS_ESIM, -8, "simulator failed")                                                               \
  X(MS_ECRASH, -9, "simulation worker died")                                                       \
  X(MS_ETIMEOUT, -10, "simulation worker timed out")                                               \
  X(MS_ECAUSALITY, -11, "event in the past of its receiver")                                       \
  X(MS_EUNSUPPORTED, -12, "not supported by this engine or router")                                \
  X(MS_ETAMPERED, -13, "checksum mismatch")                                                        \
  X(MS_EINTERRUPTED, -14, "interrupted")                                                           \
  X(MS_EDIFFERS, -15, "result differs from the recorded one")                                      \
  X(MS_EMISSING, -16, "something needed was not found")

enum {
  MS_OK = 0,
#define MS_X(name, value, text) name = value,
  MS_ERRORS(MS_X)
#undef MS_X
};

/** A failure with its story. The caller owns it and may pass NULL wherever one is taken. */
typedef struct ms_error {
  int code;       /**< MS_OK or the negative code that the function also returned */
  char text[600]; /**< one sentence for a person: file, line or key, and what to do */
} ms_error;

/** The fixed text of a code ("invalid argument"); never NULL. */
MS_API const char *ms_strerror(int code);

/** Fills `err` (if not NULL) with `code` and the formatted text; returns `code`, so that
 * `return ms_fail(err, MS_EINVAL, "...")` is the way to leave a failing function. */
MS_API int ms_fail(ms_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Puts "context: " in front of the text of `err` (file names, sample numbers); returns its code.
 */
MS_API int ms_fail_context(ms_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Simulated time in picoseconds since the start of the run. */
typedef uint64_t ms_time;
#define MS_TIME_NEVER UINT64_MAX
#define MS_PS_PER_S 1e12

static inline double ms_time_to_s(ms_time t_ps) {
  return (double)t_ps * 1e-12;
}
static inline ms_time ms_time_from_s(double t_s) {
  return (ms_time)(t_s * 1e12 + 0.5);
}

/** Which of a device's random numbers a draw is. */
typedef enum ms_draw {
  MS_DRAW_DVTH = 0,  /**< threshold shift */
  MS_DRAW_DBETA = 1, /**< relative current factor */
  MS_DRAW_DCAP = 2,  /**< relative capacitance */
} ms_draw;

/** One virtual chip: every mismatch draw is a function of (seed, die, instance path, parameter). */
typedef struct ms_die {
  uint64_t seed;   /**< of the population */
  uint64_t die;    /**< number within the population */
  double strength; /**< multiplies every draw; 1 nominal mismatch, 0 a die without mismatch */
} ms_die;

/** A standard normal draw for one parameter of one instance of one die.
 * Philox4x64-10 (Random123) keyed by (seed, die), counter = (64-bit hash of `path`, `parameter`),
 * then Box-Muller; the same on every engine, machine and in any order. `strength` multiplies it.
 * @param path  instance path, e.g. "n3.exc0.dac.m2" */
MS_API double ms_die_draw(const ms_die *die, const char *path, ms_draw parameter);

#ifdef __cplusplus
}
#endif
#endif
