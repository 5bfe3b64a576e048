/* SPDX-License-Identifier: Apache-2.0 */
/* An AXI4-Lite master that takes its time: every channel on its own, idle and back-pressure at
 * random. It watches the slave's side of the protocol and keeps what every access gave. */
#ifndef MS_TEST_AXI_MASTER_H
#define MS_TEST_AXI_MASTER_H

#include <cstdint>
#include <deque>
#include <random>
#include <string>

namespace mixspike::test {

enum AxiResponse : unsigned { kOkay = 0, kSlvErr = 2, kDecErr = 3 };

struct AxiAccess {
  bool write;
  uint32_t address, data; ///< byte address; data written, or read
  unsigned strobe, response;
};

template <class V> class AxiMaster {
public:
  AxiMaster(V &top, uint64_t seed, double busy) : top_(top), random_(seed), busy_(busy) {}

  void ask(const AxiAccess &a) {
    (a.write ? writes_ : reads_).push_back(a);
  }
  /** Accesses asked for and not answered. */
  size_t open() const {
    return writes_.size() + reads_.size();
  }
  bool asked(uint32_t address) const {
    for (const auto *queue : {&writes_, &reads_})
      for (const AxiAccess &a : *queue)
        if (a.address >> 2 == address >> 2)
          return true;
    return false;
  }
  /** Finished accesses, oldest first. */
  std::deque<AxiAccess> &done() {
    return done_;
  }
  const std::string &why() const {
    return why_;
  }

  /** Sets the inputs for the coming edge. A channel that is offered stays until it is taken. */
  void drive() {
    offer(top_.awvalid_i, aw_taken_, writes_.size() > aw_);
    if (top_.awvalid_i)
      top_.awaddr_i = writes_[aw_].address;
    offer(top_.wvalid_i, w_taken_, writes_.size() > w_);
    if (top_.wvalid_i) {
      top_.wdata_i = writes_[w_].data;
      top_.wstrb_i = static_cast<uint8_t>(writes_[w_].strobe);
    }
    offer(top_.arvalid_i, ar_taken_, reads_.size() > ar_);
    if (top_.arvalid_i)
      top_.araddr_i = reads_[ar_].address;
    top_.bready_i = chance();
    top_.rready_i = chance();
    top_.eval();
  }

  /** Looks at both sides just before the edge. False: the slave broke the protocol. */
  bool watch() {
    if (b_waits_ && (!top_.bvalid_o || top_.bresp_o != b_))
      return fail("B was withdrawn or changed before it was taken");
    if (r_waits_ && (!top_.rvalid_o || top_.rresp_o != r_ || top_.rdata_o != r_data_))
      return fail("R was withdrawn or changed before it was taken");
    if (top_.bvalid_o && (!aw_ || !w_))
      return fail("B without an address and data");
    if (top_.rvalid_o && !ar_)
      return fail("R without an address");
    b_waits_ = top_.bvalid_o && !top_.bready_i;
    b_ = top_.bresp_o;
    r_waits_ = top_.rvalid_o && !top_.rready_i;
    r_ = top_.rresp_o;
    r_data_ = top_.rdata_o;
    if (top_.bvalid_o && top_.bready_i) {
      writes_.front().response = top_.bresp_o;
      finish(writes_);
      aw_--;
      w_--;
    }
    if (top_.rvalid_o && top_.rready_i) {
      reads_.front().response = top_.rresp_o;
      reads_.front().data = top_.rdata_o;
      finish(reads_);
      ar_--;
    }
    aw_ += aw_taken_ = top_.awvalid_i && top_.awready_o;
    w_ += w_taken_ = top_.wvalid_i && top_.wready_o;
    ar_ += ar_taken_ = top_.arvalid_i && top_.arready_o;
    waited_ = open() ? waited_ + 1 : 0;
    return waited_ < 10000 || fail("no answer for 10000 cycles");
  }

private:
  bool chance() {
    return std::uniform_real_distribution<double>(0.0, 1.0)(random_) < busy_;
  }
  bool fail(const char *text) {
    why_ = text;
    return false;
  }
  void finish(std::deque<AxiAccess> &queue) {
    waited_ = 0;
    done_.push_back(queue.front());
    queue.pop_front();
  }
  template <class Bit> void offer(Bit &valid, bool taken, bool more) {
    valid = (valid && !taken) || (more && chance());
  }

  V &top_;
  std::mt19937_64 random_;
  double busy_;
  std::deque<AxiAccess> writes_, reads_, done_;
  size_t aw_ = 0, w_ = 0, ar_ = 0; ///< of the open ones, how many the slave has taken
  bool aw_taken_ = false, w_taken_ = false, ar_taken_ = false;
  unsigned waited_ = 0; ///< cycles since the last answer
  bool b_waits_ = false, r_waits_ = false;
  unsigned b_ = 0, r_ = 0;
  uint32_t r_data_ = 0;
  std::string why_;
};

} // namespace mixspike::test

#endif
