/* SPDX-License-Identifier: Apache-2.0 */
/* Elementary functions in single precision, without branches or calls, so that the compiler turns
 * loops over them into vector code. Relative errors below 1e-6 in the ranges that are used. */
#ifndef MS_MODEL_CURVE_H
#define MS_MODEL_CURVE_H

#include <stdint.h>
#include <string.h>

static inline float ms_bits_to_float(int32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline int32_t ms_float_to_bits(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/** `yes` where `condition`, else `no`: as a mask, so that the compiler does not hide the reckoning
 * of one of them behind a branch, which would keep it from forming vectors. */
static inline float ms_select(int condition, float yes, float no) {
  int32_t mask = -(int32_t)(condition != 0);
  return ms_bits_to_float((ms_float_to_bits(yes) & mask) | (ms_float_to_bits(no) & ~mask));
}

/** e^x; x is limited to -87..87. */
static inline float ms_exp(float x) {
  x = x > 87.0f ? 87.0f : x;
  x = x < -87.0f ? -87.0f : x;
  float y = x * 1.44269504f;
  int32_t whole = (int32_t)(y + (y < 0 ? -0.5f : 0.5f));
  float r = x - (float)whole * 0.693359375f;
  r += (float)whole * 2.12194440e-4f;
  float p = 1.9875691e-4f;
  p = p * r + 1.3981999e-3f;
  p = p * r + 8.3334519e-3f;
  p = p * r + 4.1665796e-2f;
  p = p * r + 1.6666665e-1f;
  p = p * r + 5.0000001e-1f;
  p = p * r * r + r + 1.0f;
  return p * ms_bits_to_float((whole + 127) << 23);
}

/** ln x for x > 0 (normal numbers). */
static inline float ms_log(float x) {
  int32_t bits = ms_float_to_bits(x) - 0x3f3504f3; /* 1/sqrt 2 */
  int32_t whole = bits >> 23;
  float m = ms_bits_to_float((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
  float p = 7.0376836e-2f;
  p = p * m - 1.1514610e-1f;
  p = p * m + 1.1676998e-1f;
  p = p * m - 1.2420141e-1f;
  p = p * m + 1.4249323e-1f;
  p = p * m - 1.6668057e-1f;
  p = p * m + 2.0000714e-1f;
  p = p * m - 2.4999994e-1f;
  p = p * m + 3.3333331e-1f;
  float z = m * m;
  return m + (p * m * z - 0.5f * z) + (float)whole * 0.69314718f;
}

/** The charge that a DPI holds at output current x (in units of its gain current), up to a
 * constant: F(x) = x + ln x. An input current adds to F what its charge is. */
static inline float ms_dpi_charge(float x) {
  return x + ms_log(x);
}

/** The output current at charge f: the inverse of F, Lambert's W of e^f. Winitzki's approximation
 * (2 %) and two steps of Newton. */
static inline float ms_dpi_current(float f) {
  float magnitude = f < 0 ? -f : f;
  float y = (f > 0 ? f : 0.0f) + ms_log(1.0f + ms_exp(-magnitude));
  /* Below -7 the sum 1 + e^f loses digits; there x = e^f (1 - e^f) to 1e-6. */
  float low = ms_exp(f < -7.0f ? f : -7.0f);
  float x = y * (1.0f - ms_log(1.0f + y) / (2.0f + y));
  x = x > 1e-30f ? x : 1e-30f;
  x = x * (1.0f + f - ms_log(x)) / (1.0f + x);
  x = x > 1e-30f ? x : 1e-30f;
  x = x * (1.0f + f - ms_log(x)) / (1.0f + x);
  return ms_select(f < -7.0f, low - low * low, x);
}

#endif
