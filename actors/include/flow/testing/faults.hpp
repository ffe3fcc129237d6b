#pragma once
// Things that go wrong where a test wants them: at named points of user functions and connectors, by their count.
//
//     flow::testing::fault_points faults;
//     faults.set({"poll", 17});                                        // the 18th poll from now on throws
//     job.source("in", flow::testing::faulty(source, faults)) ... .sink("out", flow::testing::faulty(sink, faults));
//     flow::testing::run(job, {.seed = 1, .faults = &faults}, ...);
//
// A fault comes once. Points are passed wherever `pass` is called; `faulty` puts them into every member of a connector:
// "discover" of enumerators; "open-source", "assign", "poll" of readers; "open-sink", "write", "finish", "prepare", "prepared" of
// writers; "open-committer", "commit", "committed", "recover", "recovered" of committers, where the second is passed when it is done.
// Not for several threads.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <flow/sink.hpp>
#include <flow/source.hpp>

namespace flow::testing {

struct fault {
  enum class kind {
    throws,
    dies,  // the process ends there, in the middle of the call
  };
  std::string point;
  std::uint64_t after = 0;  // so often it is passed before
  kind how = kind::throws;
};

class fault_points {
 public:
  void set(fault f) {
    f.after += passed_[f.point];
    waiting_.push_back(std::move(f));
  }
  void clear() {
    waiting_.clear();
    died_ = false;
  }
  /// Throws `flow::error` (io) where a fault is due; does nothing where the process is dead.
  void pass(std::string const& point);
  /// Whether one has come that ends the process.
  bool died() const { return died_; }
  /// How often each point has been passed.
  std::map<std::string, std::uint64_t> const& passed() const { return passed_; }

 private:
  std::map<std::string, std::uint64_t> passed_;
  std::vector<fault> waiting_;
  bool died_ = false;
};

namespace fault_adapters {

class faulty_enumerator final : public split_enumerator {
 public:
  faulty_enumerator(std::unique_ptr<split_enumerator> of, fault_points& at) : of_(std::move(of)), at_(at) {}
  void open(connector_context const& c) override { of_->open(c); }
  std::vector<split> discover() override {
    at_.pass("discover");
    return of_->discover();
  }
  std::optional<std::chrono::nanoseconds> look_again() const override { return of_->look_again(); }
  bool on_request() const override { return of_->on_request(); }
  bool in_time_order() const override { return of_->in_time_order(); }
  std::string position() const override { return of_->position(); }
  void restore(std::string const& p) override { of_->restore(p); }

 private:
  std::unique_ptr<split_enumerator> of_;
  fault_points& at_;
};

template <class T>
class faulty_reader final : public reader<T> {
 public:
  faulty_reader(std::unique_ptr<reader<T>> of, fault_points& at) : of_(std::move(of)), at_(at) {}
  void open(connector_context const& c) override {
    at_.pass("open-source");
    of_->open(c);
  }
  void assign(std::uint32_t number, split const& s) override {
    at_.pass("assign");
    of_->assign(number, s);
  }
  poll_result poll(batch<T>& into) override {
    at_.pass("poll");
    return of_->poll(into);
  }
  std::string position(std::uint32_t number) const override { return of_->position(number); }
  void seek(std::uint32_t number, std::string const& p) override { of_->seek(number, p); }
  bool reading(std::uint32_t number) const override { return of_->reading(number); }
  void pause(std::uint32_t number, bool paused) override { of_->pause(number, paused); }
  std::uint64_t bytes_read() const override { return of_->bytes_read(); }
  void release(std::uint32_t number) override { of_->release(number); }

 private:
  std::unique_ptr<reader<T>> of_;
  fault_points& at_;
};

template <class T>
class faulty_writer final : public writer<T> {
 public:
  faulty_writer(std::unique_ptr<writer<T>> of, fault_points& at) : of_(std::move(of)), at_(at) {}
  void open(connector_context const& c) override {
    at_.pass("open-sink");
    of_->open(c);
  }
  bool ready() const override { return of_->ready(); }
  void write(batch<T> const& records) override {
    at_.pass("write");
    of_->write(records);
  }
  void flush() override { of_->flush(); }
  bool settled() override { return of_->settled(); }
  void finish() override {
    at_.pass("finish");
    of_->finish();
  }
  std::vector<bytes> prepare(checkpoint_id id) override {
    at_.pass("prepare");
    auto prepared = of_->prepare(id);
    at_.pass("prepared");
    return prepared;
  }
  void publish() override { of_->publish(); }
  void cancel() override { of_->cancel(); }
  void abandon() noexcept override { of_->abandon(); }
  std::uint64_t bytes_written() const override { return of_->bytes_written(); }

 private:
  std::unique_ptr<writer<T>> of_;
  fault_points& at_;
};

/// Gives committables one by one, so that it may go wrong between any two.
class faulty_committer final : public committer {
 public:
  faulty_committer(std::unique_ptr<committer> of, fault_points& at) : of_(std::move(of)), at_(at) {}
  void open(connector_context const& c) override {
    at_.pass("open-committer");
    of_->open(c);
  }
  void commit(std::span<bytes const> committables) override {
    for (auto const& c : committables) {
      at_.pass("commit");
      of_->commit({&c, 1});
    }
    at_.pass("committed");
  }
  void recover(std::span<bytes const> committables) override {
    at_.pass("recover");
    of_->recover(committables);
    at_.pass("recovered");
  }

 private:
  std::unique_ptr<committer> of_;
  fault_points& at_;
};

}  // namespace fault_adapters

/// The same source with points at which it fails. `at` outlives all that is made of it.
template <class T>
source<T> faulty(source<T> of, fault_points& at) {
  auto changed = of;
  changed.make_enumerator = [of, &at] { return std::make_unique<fault_adapters::faulty_enumerator>(of.make_enumerator(), at); };
  changed.make_reader = [of, &at] { return std::make_unique<fault_adapters::faulty_reader<T>>(of.make_reader(), at); };
  return changed;
}
template <class T>
sink<T> faulty(sink<T> of, fault_points& at) {
  auto changed = of;
  changed.make_writer = [of, &at] { return std::make_unique<fault_adapters::faulty_writer<T>>(of.make_writer(), at); };
  if (of.make_committer) changed.make_committer = [of, &at] { return std::make_unique<fault_adapters::faulty_committer>(of.make_committer(), at); };
  return changed;
}

}  // namespace flow::testing
