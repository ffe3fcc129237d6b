#pragma once
// How a request to the outside is answered.
//
//     void find(order const& o, flow::reply<customer> reply) {
//       client.get(o.customer, [reply](result const& r) mutable {
//         if (r) reply.answer(*r); else reply.fail(r.error());
//       });
//     }
//
// A reply is answered once, from any thread, during the call or at any time later: the first word counts, later ones are
// ignored, and so is a word that comes after the request was given up (its time had run out, the job was cancelled).
// A reply may be copied, for callbacks that must be copyable; copies stand for the same request and may be used by
// several threads. When the last of them is destroyed without a word, that is a failure: a request is never just forgotten.
// A reply may outlive the job.

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <flow/error.hpp>

namespace flow {

class doorbell;

namespace detail {

class attempt_base;

/// Where answers arrive that came after the call: the operator's end of all its requests. May outlive the operator.
class answer_box {
 public:
  explicit answer_box(std::shared_ptr<doorbell> bell) : bell_(std::move(bell)) {}
  /// From any thread. Rings when it was empty, so once however many come until they are taken.
  void put(attempt_base& answered);
  /// Gives what has come since, in `into`, which is empty.
  void take(std::vector<attempt_base*>& into);
  /// The operator is going: what comes from now on is dropped.
  void close();

 private:
  std::shared_ptr<doorbell> const bell_;
  std::mutex mutex_;
  std::vector<attempt_base*> answered_;
  bool closed_ = false;
};

/// One request under way. Counted by the operator and, together, by the replies that stand for it.
class attempt_base {
 public:
  explicit attempt_base(std::shared_ptr<answer_box> box) : box_(std::move(box)) {}
  attempt_base(attempt_base const&) = delete;
  attempt_base& operator=(attempt_base const&) = delete;
  virtual ~attempt_base() = default;

  // Of those who answer:
  /// Whether the caller has the word: true once. Then it sets the answer or `failure` and says `finish`.
  bool claim() { return !(bits_.fetch_or(claimed, std::memory_order_acq_rel) & claimed); }
  void finish() {
    if (bits_.fetch_or(finished, std::memory_order_acq_rel) & returned) box_->put(*this);
  }
  bool awaited() const { return !(bits_.load(std::memory_order_relaxed) & claimed); }
  void add_reply() { replies_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reply();

  // Of the operator:
  /// Nobody else holds it: it may be used again.
  bool is_free() const { return references_.load(std::memory_order_acquire) == 1; }
  void begin(std::uint32_t place) {
    bits_.store(0, std::memory_order_relaxed);
    replies_.store(1, std::memory_order_relaxed);
    references_.store(2, std::memory_order_relaxed);
    failure.reset();
    slot = place;
  }
  /// The function has returned: whether there is a word already. Otherwise it comes through the box.
  bool has_returned() { return bits_.fetch_or(returned, std::memory_order_acq_rel) & finished; }
  void release();

  std::optional<error> failure;
  std::uint32_t slot = 0;

 private:
  enum : std::uint8_t { claimed = 1, finished = 2, returned = 4 };
  std::atomic<std::uint8_t> bits_{0};
  std::atomic<std::uint32_t> replies_{0};
  std::atomic<std::uint32_t> references_{1};
  std::shared_ptr<answer_box> const box_;
};

/// The records of an answer; one takes no memory of its own.
template <class A>
class answer_records {
 public:
  void set(A one) { one_ = std::move(one); }
  void set_all(std::vector<A> all) { all_ = std::move(all); }
  void clear() {
    one_.reset();
    all_.clear();
  }
  std::span<A> get() { return one_ ? std::span<A>(&*one_, 1) : std::span<A>(all_); }
  std::span<A const> get() const { return one_ ? std::span<A const>(&*one_, 1) : std::span<A const>(all_); }

 private:
  std::optional<A> one_;
  std::vector<A> all_;
};

template <class A>
class attempt final : public attempt_base {
 public:
  using attempt_base::attempt_base;
  answer_records<A> answer;
};

/// `e` as the failure of a request: any std::exception, or what is none.
error failure_of(std::exception_ptr const& e);
error failure_of(std::string const& reason);

}  // namespace detail

/// The right to answer one request, with records of type Out.
template <class Out>
class reply {
 public:
  using answer_type = Out;

  reply(reply&& other) noexcept : request_(std::exchange(other.request_, nullptr)) {}
  reply(reply const& other) : request_(other.request_) {
    if (request_) request_->add_reply();
  }
  reply& operator=(reply other) noexcept {
    std::swap(request_, other.request_);
    return *this;
  }
  ~reply() {
    if (request_) request_->drop_reply();
  }

  // Each says whether it was the word that counts.
  bool answer(Out record) const {
    return say([&](auto& request) { request.answer.set(std::move(record)); });
  }
  /// Any number of records, which follow one another in the stream.
  bool answer_all(std::vector<Out> records) const {
    return say([&](auto& request) { request.answer.set_all(std::move(records)); });
  }
  /// There is nothing: an answer, not a failure.
  bool answer_none() const { return say([](auto&) {}); }
  /// There is no answer, for this reason. It is asked again where `flow::retry` says so.
  bool fail(std::string const& reason) const { return fail(detail::failure_of(reason)); }
  bool fail(std::exception_ptr const& thrown) const { return fail(detail::failure_of(thrown)); }
  /// One whose code says that another attempt is pointless is not asked again.
  bool fail(error reason) const {
    return say([&](auto& request) { request.failure = std::move(reason); });
  }
  /// Whether a word still counts; false may save work.
  bool awaited() const { return request_ && request_->awaited(); }

  // For operators:
  explicit reply(detail::attempt<Out>& begun) : request_(&begun) {}

 private:
  template <class F>
  bool say(F set) const {
    if (!request_ || !request_->claim()) return false;
    try {
      set(*request_);
    } catch (...) {  // moving the answer threw
      request_->failure = detail::failure_of(std::current_exception());
    }
    request_->finish();
    return true;
  }
  detail::attempt<Out>* request_;
};

}  // namespace flow
