/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated router behind the C API: checks arguments, and lets no exception out. */
#include "router/router_impl.h"
#include "rtl_router.h"

#include <new>

namespace {

struct Handle {
  ms_router base; // first: the C side sees only this
  mixspike::RtlRouter *rtl;
};

mixspike::RtlRouter &of(ms_router *r) {
  return *reinterpret_cast<Handle *>(r)->rtl;
}
const mixspike::RtlRouter &of(const ms_router *r) {
  return *reinterpret_cast<const Handle *>(r)->rtl;
}

/* Runs `body` so that the C side sees an error code instead of an exception. */
template <class Body> int guarded(ms_error *err, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return ms_fail(err, MS_ENOMEM, "out of memory in the router");
  } catch (const std::exception &e) {
    return ms_fail(err, MS_ESIM, "router: %s", e.what());
  }
}

int check_alive(const mixspike::RtlRouter &rtl, ms_error *err) {
  if (rtl.core().failed())
    return ms_fail(err, MS_ESIM,
                   "an assertion of the router RTL failed (its text is on standard output)");
  return MS_OK;
}

void destroy(ms_router *r) {
  of(r).enter();
  delete &of(r);
  delete reinterpret_cast<Handle *>(r);
}

int reset(ms_router *r, ms_error *err) {
  return guarded(err, [&] {
    of(r).enter();
    of(r).reset();
    return check_alive(of(r), err);
  });
}

int access(ms_router *r, bool write, uint32_t address, uint32_t *data, ms_error *err) {
  return guarded(err, [&] {
    mixspike::RtlRouter &rtl = of(r);
    if (!rtl.idle())
      return ms_fail(err, MS_EINVAL,
                     "router configuration 0x%05x: events are queued or in progress; access the "
                     "port before the first event or when the router is idle",
                     address);
    rtl.enter();
    if (!rtl.access(write, address, data))
      return ms_fail(err, MS_ERANGE, "router configuration 0x%05x does not exist%s", address,
                     write ? " or is read only" : "");
    return check_alive(rtl, err);
  });
}

int write(ms_router *r, uint32_t address, uint32_t data, ms_error *err) {
  return access(r, true, address, &data, err);
}

int read(ms_router *r, uint32_t address, uint32_t *data, ms_error *err) {
  return access(r, false, address, data, err);
}

int check_time(ms_time t, ms_time earliest, const char *what, unsigned number, ms_error *err) {
  if (t >= earliest)
    return MS_OK;
  return ms_fail(err, MS_ECAUSALITY, "%s %u at %llu ps: the router is at %llu ps already", what,
                 number, static_cast<unsigned long long>(t),
                 static_cast<unsigned long long>(earliest));
}

int request(ms_router *r, ms_time t, unsigned neuron, int level, ms_error *err) {
  return guarded(err, [&] {
    mixspike::RtlRouter &rtl = of(r);
    if (neuron >= rtl.neurons())
      return ms_fail(err, MS_ERANGE, "request of neuron %u: the router has %u", neuron,
                     rtl.neurons());
    const int rc = check_time(t, rtl.last_request(), "request of neuron", neuron, err);
    if (rc == MS_OK)
      rtl.request(t, neuron, level != 0);
    return rc;
  });
}

int event(ms_router *r, ms_time t, unsigned input, ms_error *err) {
  return guarded(err, [&] {
    mixspike::RtlRouter &rtl = of(r);
    if (input >= rtl.inputs())
      return ms_fail(err, MS_ERANGE, "event for input %u: the router has %u", input, rtl.inputs());
    const int rc = check_time(t, rtl.last_event(), "event for input", input, err);
    if (rc == MS_OK)
      rtl.event(t, input);
    return rc;
  });
}

int advance(ms_router *r, ms_time t, const ms_router_out **out, size_t *n_out, ms_error *err) {
  *out = nullptr;
  *n_out = 0;
  return guarded(err, [&] {
    mixspike::RtlRouter &rtl = of(r);
    const int rc = check_time(t, rtl.advanced(), "advance of router", rtl.neurons(), err);
    if (rc != MS_OK)
      return rc;
    rtl.enter();
    rtl.advance(t);
    *out = rtl.outputs().data();
    *n_out = rtl.outputs().size();
    return check_alive(rtl, err);
  });
}

ms_time next_output(const ms_router *r) {
  return of(r).next_output();
}

ms_time lookahead(const ms_router *r) {
  return of(r).lookahead();
}

ms_ack_timing ack_timing(const ms_router *r) {
  return of(r).ack_timing();
}

void get_counters(const ms_router *r, ms_router_counters *counters) {
  of(r).counters(counters);
}

void get_network(const ms_router *r, ms_network_counters *counters) {
  of(r).network(counters);
}

const char *const *signals(const ms_router *r) {
  return of(r).trace().names();
}

int trace(ms_router *r, int on, ms_error *err) {
  return guarded(err, [&] {
    of(r).trace().turn(on != 0);
    return static_cast<int>(MS_OK);
  });
}

size_t take_trace(ms_router *r, const ms_signal_change **change) {
  return of(r).trace().take(change);
}

const ms_router_ops kOps = {destroy,      reset,   write,       read,       request,
                            event,        advance, next_output, lookahead,  ack_timing,
                            get_counters, signals, trace,       take_trace, get_network};

} // namespace

extern "C" int ms_rtl_router_create(const ms_router_options *options, ms_router **out,
                                    ms_error *err) {
  *out = nullptr;
  return guarded(err, [&] {
    if (options->clock_ps == 0)
      return ms_fail(err, MS_EINVAL, "router clock period is 0 ps: give a positive one");
    const unsigned cols = options->cols, rows = options->rows;
    const bool mesh = cols > 1 || rows > 1;
    std::unique_ptr<mixspike::Core> core =
        mesh ? mixspike::Core::create_mesh(cols, rows, options->n_neuron, options->n_input,
                                           options->n_bias)
             : mixspike::Core::create(options->n_neuron, options->n_input, options->n_bias);
    if (!core && mesh)
      return ms_router_no_mesh(options, err);
    if (!core) {
      const mixspike::CoreSize s = mixspike::Core::largest();
      return ms_fail(err, MS_ERANGE,
                     "no router core holds %u neurons, %u inputs and %u biases: the largest has "
                     "%u, %u and %u",
                     options->n_neuron, options->n_input, options->n_bias, s.neurons, s.inputs,
                     s.biases);
    }
    auto rtl = std::make_unique<mixspike::RtlRouter>(std::move(core), options->n_neuron,
                                                     options->n_input, options->clock_ps);
    auto handle = std::make_unique<Handle>();
    handle->base.ops = &kOps;
    handle->rtl = rtl.release();
    *out = &handle.release()->base;
    return check_alive(of(*out), err);
  });
}
