#pragma once
// A source that actors feed.
//
//     auto [orders, inlet] = flow::actors::inlet<order>(system, "orders");
//     job.source("orders", orders) ...
//     self->request(inlet, 10s, order{...}).then([=] { /* taken: the next one may be sent */ });
//
// Sending. A message is a record or a vector of them. The empty answer is its credit: it comes when all of the message is in
// the source's buffer, and stays away while the buffer is full because the job is slower. Who sends the next message when
// the last was answered, or keeps a few under way, is slowed down to the speed of the job. Messages of one sender stay in
// order. Nothing is polled: the source is woken when something comes, the senders are answered when there is room.
//
// Bounds. `capacity` records are buffered; messages that do not fit wait, unanswered. When `most_waiting` records
// wait already, a request is answered with an error (limit_exceeded) and not taken. A plain send has no answer to withhold;
// it is taken and waits like a request, but where a request is refused there is nobody to tell: then the source, and the job with it,
// fails with that error, since nothing is ever dropped silently. Plain sends suit what is rare or bounded otherwise.
//
// The end. The input ends after `close_v`, or the exit of the owner, an actor that is linked to the inlet, or the inlet itself (by any
// reason, normal too), or when nobody holds the inlet any more: what was sent before is taken, all windows fire, a job
// without other input finishes. `close_v` is answered when all before it has been taken. A request that comes later is answered with an error.
// When the job ends before its input, requests that wait are answered with an error (cancelled); the inlet is gone then, and what is sent to it
// later is answered by CAF (request_receiver_down).
//
// An inlet has one split, so one subtask reads it (spread it with `rebalance` or `key_by`), and one job, once. It cannot replay:
// what was answered has been taken, not processed. Its position is a count; after a restore it goes on with what is sent then,
// and what had been taken but not processed is for its senders to send again.

#include <deque>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <flow/actors/detail/inlet_buffer.hpp>
#include <flow/actors/errors.hpp>

namespace flow::actors {

using close_atom = caf::atom_constant<caf::atom("close")>;
inline constexpr close_atom close_v{};

/// What one sends to.
template <class T>
using inlet_actor = caf::typed_actor<caf::reacts_to<T>, caf::reacts_to<std::vector<T>>, caf::reacts_to<close_atom>>;

struct inlet_options {
  std::size_t capacity = 4096;       // records in the buffer, at least 1
  std::size_t most_waiting = 65536;  // records that may wait outside of it, and are not answered yet
};

namespace detail {

using room_atom = caf::atom_constant<caf::atom("room")>;
using unread_atom = caf::atom_constant<caf::atom("unread")>;

template <class T>
using inlet_internal = typename inlet_actor<T>::template extend<caf::reacts_to<room_atom>, caf::reacts_to<unread_atom>>;

/// Moves messages into the buffer and answers them. A promise holds its actor: an inlet with messages that wait is not unreachable.
template <class T>
class inlet_shell final : public inlet_internal<T>::base {
  using base = typename inlet_internal<T>::base;

 public:
  inlet_shell(caf::actor_config& c, std::shared_ptr<inlet_buffer<T>> buffer, std::size_t most_waiting, caf::actor_addr owner)
      : base(c), buffer_(std::move(buffer)), most_waiting_(most_waiting), owner_(std::move(owner)) {
    auto const tell = [address = caf::actor_cast<caf::weak_actor_ptr>(this)](auto what) {
      if (auto self = caf::actor_cast<caf::strong_actor_ptr>(address)) caf::anon_send(caf::actor_cast<inlet_internal<T>>(self), what);
    };
    buffer_->notify([tell] { tell(room_atom::value); }, [tell] { tell(unread_atom::value); });
    // An end overtakes what was sent before it: it goes to the end of the mailbox.
    this->set_exit_handler([this](caf::exit_msg&) { this->send(inlet_internal<T>(this), close_v); });
    this->set_down_handler([this](caf::down_msg&) { this->send(inlet_internal<T>(this), close_v); });
  }

  typename base::behavior_type make_behavior() override {
    if (owner_) watch_owner();
    return {
        [this](T& record) {
          std::vector<T> one;
          one.push_back(std::move(record));
          return take(std::move(one));
        },
        [this](std::vector<T>& records) { return take(std::move(records)); },
        [this](close_atom) -> caf::result<void> {
          auto const promise = this->make_response_promise();
          closing_.push_back(promise);
          end_if_done();
          return promise;
        },
        [this](room_atom) {
          serve_waiting();
          end_if_done();
        },
        [this](unread_atom) {
          refuse_all(error(error_code::cancelled, "the inlet '" + buffer_->name() + "' has no reader: its job has ended or was never started"));
          this->quit();
        },
    };
  }
  const char* name() const override { return "flow.inlet"; }
  void on_exit() override {
    refuse_all(error(error_code::cancelled, "the inlet '" + buffer_->name() + "' was killed"));
    buffer_->close();
  }

 private:
  struct message {
    std::vector<T> records;
    std::size_t next = 0;  // the first that is not in the buffer yet
    caf::response_promise promise;
  };

  void watch_owner() {
    if (auto const alive = caf::actor_cast<caf::strong_actor_ptr>(owner_)) this->monitor(alive);
    else this->send(inlet_internal<T>(this), close_v);
  }
  caf::result<void> take(std::vector<T> records) {
    if (!closing_.empty()) return refuse(error(error_code::cancelled, "the inlet '" + buffer_->name() + "' has been closed"));
    if (waiting_records_ >= most_waiting_) {
      error const e(error_code::limit_exceeded, "the inlet '" + buffer_->name() + "' has " + std::to_string(waiting_records_) +
                                                    " records waiting for room, the most it keeps; send the next message when the last was answered");
      if (!this->current_message_id().is_request()) fail(e);
      return refuse(e);
    }
    message m{std::move(records), 0, this->make_response_promise()};
    waiting_records_ += m.records.size();
    auto const promise = m.promise;
    waiting_.push_back(std::move(m));
    serve_waiting();
    return promise;
  }
  /// The sender of a plain message expects no answer, not even an empty one.
  static void grant(caf::response_promise& p) {
    if (!p.async()) p.deliver(caf::unit);
  }
  /// An error in answer to a plain send would even end its sender.
  caf::result<void> refuse(error const& e) {
    if (this->current_message_id().is_request()) return to_caf(e);
    return caf::unit;
  }
  /// Moves in what there is room for and answers what is in.
  void serve_waiting() {
    while (!waiting_.empty()) {
      auto& m = waiting_.front();
      std::size_t const taken = buffer_->put(m.records, m.next);
      m.next += taken;
      waiting_records_ -= taken;
      if (m.next < m.records.size()) return;
      grant(m.promise);
      waiting_.pop_front();
    }
  }
  void end_if_done() {
    if (closing_.empty() || !waiting_.empty()) return;
    buffer_->close();
    for (auto& p : std::exchange(closing_, {})) grant(p);
    this->quit();
  }
  void fail(error const& e) {
    buffer_->fail(e);
    refuse_all(e);
    this->quit();
  }
  void refuse_all(error const& e) {
    for (auto& m : std::exchange(waiting_, {}))
      if (!m.promise.async()) m.promise.deliver(to_caf(e));
    for (auto& p : std::exchange(closing_, {}))
      if (!p.async()) p.deliver(to_caf(e));
    waiting_records_ = 0;
  }

  std::shared_ptr<inlet_buffer<T>> buffer_;
  std::size_t const most_waiting_;
  caf::actor_addr owner_;
  std::deque<message> waiting_;  // in the order of arrival; only the first may be in the buffer in part
  std::size_t waiting_records_ = 0;
  std::vector<caf::response_promise> closing_;  // not empty: no message is taken any more
};

}  // namespace detail

/// An inlet's two ends: what `job.source` takes, and what actors send to.
template <class T>
struct inlet_ends {
  flow::source<T> source;
  inlet_actor<T> actor;
};

/// An inlet without an owner: it ends by `close_v`, by an exit message, or when nobody holds it. `name` is what errors call it.
template <class T>
inlet_ends<T> inlet(caf::actor_system& system, std::string name, inlet_options const& options = {}, caf::actor_addr const& owner = {}) {
  if (options.capacity == 0) throw error(error_code::usage, "the inlet '" + name + "': capacity is at least 1 record, found 0");
  auto const buffer = std::make_shared<detail::inlet_buffer<T>>(name, options.capacity);
  auto const description = std::make_shared<detail::inlet_description<T>>(buffer);
  auto const actor = system.spawn<detail::inlet_shell<T>>(buffer, options.most_waiting, owner);
  return {{[name] { return std::make_unique<detail::inlet_enumerator>(name); },
           [description] { return std::make_unique<detail::inlet_reader<T>>(description); }},
          actor};
}

/// An inlet of an actor's: its exit, for whatever reason, ends the input.
template <class T>
inlet_ends<T> inlet(caf::local_actor* owner, std::string name, inlet_options const& options = {}) {
  return inlet<T>(owner->system(), std::move(name), options, owner->address());
}

}  // namespace flow::actors
