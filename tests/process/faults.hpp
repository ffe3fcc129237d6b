#pragma once
// What goes wrong in the job of orders.cpp, for tests of how a process bears it.

#include <atomic>
#include <iostream>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include <flow/flow.hpp>

#include "orders.hpp"

namespace orders {

/// A fault has a name and the number of an order.
///   throw-sometimes  at every at-th order that this process sees, whichever it is
///   throw            at the order of that number, always
///   throw-once       at the order of that number, once in a process
///   hang             at the order of that number, for ever
///   throw-and-hang   at the order of that number, while another subtask is within a call that does not return
///   hang-in-open     throw-once, and what is opened after that never returns
///   fail-commit, hang-commit, fail-recover, hang-recover   of the sink of all orders
struct fault {
  std::string name;
  std::int64_t at = 0;

  bool is(std::string_view n) const { return name == n; }
};

[[noreturn]] inline void hang() {
  std::cerr << "waiting for ever" << std::endl;
  std::binary_semaphore(0).acquire();
  std::abort();
}

/// Passes orders on, or does not.
class faulty_step {
 public:
  faulty_step(fault f, std::chrono::microseconds nap) : fault_(std::move(f)), nap_(nap), seen_(std::make_shared<std::atomic<std::int64_t>>(0)),
                                                         done_(std::make_shared<std::atomic<bool>>(false)) {}

  void open(flow::open_context&) {
    if (fault_.is("hang-in-open") && *done_) hang();
  }
  void process(order const& o, auto&, flow::output<order>& out) {
    auto const n = ++*seen_;
    if (nap_.count() > 0 && n % 16 == 0) std::this_thread::sleep_for(nap_);
    if (fault_.is("throw-sometimes") && n % fault_.at == 0) throw std::runtime_error("the " + std::to_string(n) + "th call fails");
    if (o.id == fault_.at) meet();
    if (fault_.is("throw-and-hang") && o.id == fault_.at + 1) wait_and_hang();
    out.emit(o);
  }

 private:
  void meet() {
    if (fault_.is("throw")) throw std::runtime_error("do not like this order");
    if (fault_.is("hang")) hang();
    bool const first = !done_->exchange(true);
    if ((fault_.is("throw-once") || fault_.is("hang-in-open")) && first) throw std::runtime_error("do not like this order for once");
    if (fault_.is("throw-and-hang")) throw std::runtime_error("do not like this order");
  }
  void wait_and_hang() const { hang(); }

  fault fault_;
  std::chrono::microseconds nap_;
  std::shared_ptr<std::atomic<std::int64_t>> seen_;
  std::shared_ptr<std::atomic<bool>> done_;
};

class faulty_committer final : public flow::committer {
 public:
  faulty_committer(std::unique_ptr<flow::committer> of, fault f) : of_(std::move(of)), fault_(std::move(f)) {}

  void open(flow::connector_context const& context) override { of_->open(context); }
  void commit(std::span<flow::bytes const> committables) override {
    meet("commit");
    of_->commit(committables);
  }
  void recover(std::span<flow::bytes const> committables) override {
    meet("recover");
    of_->recover(committables);
  }

 private:
  void meet(std::string const& what) const {
    if (fault_.is("fail-" + what)) throw flow::error(flow::error_code::io, "the system does not take a " + what);
    if (fault_.is("hang-" + what)) hang();
  }

  std::unique_ptr<flow::committer> of_;
  fault fault_;
};

template <class T, class Sink>
flow::sink<T> with_faults(Sink const& from, fault const& f) {
  auto made = from.template make<T>();
  made.make_committer = [make = made.make_committer, f] { return std::make_unique<faulty_committer>(make(), f); };
  return made;
}

}  // namespace orders
