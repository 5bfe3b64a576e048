/* SPDX-License-Identifier: Apache-2.0 */
/* What the sockets of all modules have in common: payloads of 32-bit words. */
#ifndef MS_SYSTEMC_TRANSFER_HPP
#define MS_SYSTEMC_TRANSFER_HPP

#include "mixspike/systemc.hpp"

#include <cstring>
#include <vector>

namespace mixspike {

constexpr unsigned kWord = 4;

/* Whether a payload holds whole words without tricks; sets the response if not. */
inline bool check_words(tlm::tlm_generic_payload &p, std::string &error) {
  const unsigned length = p.get_data_length();
  if (p.get_byte_enable_ptr()) {
    error = "byte enables are not served: transfer whole words";
    p.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  } else if (length == 0 || length % kWord || p.get_streaming_width() < length) {
    error = "transfers are words of 4 bytes, without streaming";
    p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  } else if (p.get_address() % kWord) {
    error = "addresses are multiples of 4";
    p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else if (p.is_read() || p.is_write()) {
    return true;
  } else {
    error = "neither read nor write";
    p.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
  }
  return false;
}

inline tlm::tlm_response_status status_of(int code) {
  return code == MS_OK       ? tlm::TLM_OK_RESPONSE
         : code == MS_ERANGE ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                             : tlm::TLM_GENERIC_ERROR_RESPONSE;
}

/* Does a transfer of one or more words by access(write, word address, data, err); returns the words
 * that went well. */
template <class Access>
unsigned transfer_words(tlm::tlm_generic_payload &p, std::string &error, Access access) {
  if (!check_words(p, error))
    return 0;
  unsigned done = 0;
  int code = MS_OK;
  for (; code == MS_OK && done * kWord < p.get_data_length(); done += code == MS_OK) {
    ms_error err{};
    uint32_t word = 0;
    unsigned char *data = p.get_data_ptr() + done * kWord;
    const uint64_t address = p.get_address() / kWord + done;
    std::memcpy(&word, data, kWord);
    code = address >> 32 ? ms_fail(&err, MS_ERANGE, "address beyond 32 bits")
                         : access(p.is_write(), static_cast<uint32_t>(address), &word, &err);
    if (code != MS_OK)
      error = err.text;
    else if (p.is_read())
      std::memcpy(data, &word, kWord);
  }
  p.set_response_status(status_of(code));
  return done;
}

/* The one word of an event; false: the response is set. */
inline bool event_word(tlm::tlm_generic_payload &p, std::string &error, uint32_t *word) {
  if (!check_words(p, error))
    return false;
  if (!p.is_write() || p.get_data_length() != kWord) {
    error = "an event is a write of one word";
    p.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return false;
  }
  std::memcpy(word, p.get_data_ptr(), kWord);
  return true;
}

/* SystemC has to resolve the picoseconds that all times here are. */
inline void check_resolution(const char *name) {
  if (sc_core::sc_get_time_resolution() > sc_core::sc_time(1, sc_core::SC_PS))
    SC_REPORT_FATAL(name, "the SystemC time resolution must be 1 ps or finer");
}

} // namespace mixspike

#endif
