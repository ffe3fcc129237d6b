#pragma once
// A sink that sends to an actor of the application.
//
//     totals.sink("dashboard", flow::actors::outlet<total>(dashboard))      // dashboard: caf::reacts_to<std::vector<total>>
//
// What arrives is a message per batch, `std::vector<T>`, in order within a subtask of the sink. Each is a request, and its empty answer
// is credit: at most `in_flight` messages of a subtask are unanswered, then the stream waits, up to its sources. No thread
// waits. The target answers at once by handling the message, or later by a response promise.
//
// Records are sent as they come, before the job has finished: after a failure some of them have been seen. At the end of
// bounded input the job finishes when the target has answered everything. A cancelled job does not wait for answers.
//
// The job fails, with an error that names the sink, when the target answers with an error or with something that is not
// empty, when it terminates while there is more to send or to answer, and when an answer takes longer than `answer_within`.

#include <chrono>
#include <concepts>
#include <memory>
#include <vector>

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>

#include <flow/actors/detail/outlet_window.hpp>
#include <flow/actors/errors.hpp>
#include <flow/sink.hpp>
#include <flow/window/windowed.hpp>

namespace flow {

// What windows give out, as messages.
template <class Inspector, class Key, class Result>
auto inspect(Inspector& f, windowed<Key, Result>& w) { return f(caf::meta::type_name("flow::windowed"), w.key, w.start, w.end, w.value); }
template <class Inspector, class Result>
auto inspect(Inspector& f, windowed<whole_stream, Result>& w) { return f(caf::meta::type_name("flow::windowed"), w.start, w.end, w.value); }

}  // namespace flow

namespace flow::actors {

struct outlet_options {
  std::uint32_t in_flight = 4;  // messages that may be unanswered, per subtask
  caf::duration answer_within = caf::infinite;
};

namespace detail {

/// Whether an actor takes a batch and answers nothing, as far as its type says.
template <class Handle, class T>
inline constexpr bool takes_batches = std::same_as<Handle, caf::actor>;
template <class... Signatures, class T>
inline constexpr bool takes_batches<caf::typed_actor<Signatures...>, T> = (std::same_as<Signatures, caf::reacts_to<std::vector<T>>> || ...);

/// Sends for a writer and counts the answers. Its unanswered requests keep it.
template <class T, class Handle>
caf::behavior send_for_outlet(caf::event_based_actor* self, Handle const& to, std::shared_ptr<outlet_window> const& window, caf::duration limit) {
  self->monitor(to);
  self->set_down_handler([=](caf::down_msg const& m) {
    window->fail(error_code::not_found, "the actor that it sends to has terminated (" + self->system().render(m.reason) + ")");
  });
  return {[=](std::vector<T>& records) {
    self->request(to, limit, std::move(records)).then([=] { window->answered(); }, [=](caf::error const& e) {
      window->fail(error_code::user_function, "expected an empty answer from the actor that it sends to, found the error " + self->system().render(e));
    });
  }};
}

template <class T, class Handle>
class outlet_writer final : public writer<T> {
 public:
  outlet_writer(Handle to, outlet_options const& options) : to_(std::move(to)), options_(options) {}

  void open(connector_context const& context) override {
    window_ = std::make_shared<outlet_window>(options_.in_flight, context.wake);
    sender_ = to_->home_system().spawn(send_for_outlet<T, Handle>, to_, window_, options_.answer_within);
  }
  bool ready() const override { return window_->room(); }
  void write(batch<T> const& records) override {
    window_->check();
    window_->sent();
    caf::anon_send(sender_, std::vector<T>(records.begin(), records.end()));
  }
  bool settled() override {
    bool const answered = window_->unanswered() == 0;
    if (!finishing_ || !answered) window_->check();
    return answered;
  }
  void finish() override { finishing_ = true; }
  void publish() override { sender_ = nullptr; }
  void abandon() noexcept override { sender_ = nullptr; }

 private:
  Handle to_;
  outlet_options options_;
  std::shared_ptr<outlet_window> window_;
  caf::actor sender_;
  bool finishing_ = false;  // everything has been written: a target that has answered it all may terminate
};

}  // namespace detail

/// What `outlet` gives: a sink, and a value whose options make changed copies.
template <class T, class Handle>
class outlet_sink {
 public:
  outlet_sink(Handle to, outlet_options const& options) : to_(std::move(to)), options_(options) {}

  /// How many messages of a subtask may be unanswered, at least 1. Throws `flow::error` (usage).
  outlet_sink in_flight(std::uint32_t messages) const {
    if (messages == 0) throw error(error_code::usage, "flow::actors::outlet: in_flight is at least 1 message, found 0");
    outlet_sink changed = *this;
    changed.options_.in_flight = messages;
    return changed;
  }
  /// How long an answer may take; without it, for ever.
  outlet_sink answer_within(std::chrono::milliseconds limit) const {
    outlet_sink changed = *this;
    changed.options_.answer_within = caf::duration(limit);
    return changed;
  }

  template <class U>
    requires std::same_as<T, U>
  sink<T> make() const {
    return {[to = to_, options = options_] { return std::make_unique<detail::outlet_writer<T, Handle>>(to, options); }};
  }

 private:
  Handle to_;
  outlet_options options_;
};

/// A sink that sends to `to`: a typed actor that reacts to `std::vector<T>`, or a `caf::actor`. The description keeps the
/// target; throws `flow::error` (usage) when it is none.
template <class T, class Handle>
outlet_sink<T, Handle> outlet(Handle to) {
  static_assert(detail::takes_batches<Handle, T>, "outlet<T> needs an actor that takes batches and answers nothing: caf::reacts_to<std::vector<T>> among its signatures, or a caf::actor");
  if (!to) throw error(error_code::usage, "flow::actors::outlet: the handle refers to no actor");
  return {std::move(to), {}};
}

}  // namespace flow::actors
