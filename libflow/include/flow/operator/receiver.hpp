#pragma once
// How batches and control move on inside a task: operators and outgoing channels are receivers.

#include <cstdint>
#include <string>
#include <vector>

#include <flow/batch.hpp>
#include <flow/counters.hpp>
#include <flow/time.hpp>

namespace flow {

/// A checkpoint passing by. `completed` is the newest checkpoint that is known to be complete.
struct barrier {
  std::uint64_t checkpoint = 0;
  std::uint64_t completed = 0;
  bool full = false;  // a savepoint: everything is written

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(checkpoint), CEREAL_NVP(completed), CEREAL_NVP(full));
  }
};

/// What comes out of an operator goes to receivers.
///
/// A caller asks `ready()` before `receive`, `watermark`, `idle` and `end`; `pass` (a barrier) needs no leave. A receiver
/// that is not ready has more to give than its own receivers take now; its task continues it later.
class receiver {
 public:
  virtual ~receiver() = default;
  /// Takes a batch. The receiver may move the batch out of `b`, leaving null or an emptied batch of the same type; it may
  /// change the records only where `b` is unique.
  virtual void receive(batch_ref& b) = 0;
  virtual void watermark(timestamp w) = 0;
  /// Nothing comes for a while: do not wait for my watermark. The next batch or watermark ends it.
  virtual void idle() = 0;
  virtual void pass(barrier const& b) = 0;
  /// Nothing comes any more. The watermark has been `end_of_time` before.
  virtual void end() = 0;
  virtual bool ready() const = 0;
};

/// One output of an operator: hands what it is given to all that read it.
class output_port {
 public:
  void connect(receiver& target) { targets_.push_back(&target); }
  bool connected() const { return !targets_.empty(); }

  /// Hands on a batch and makes `b` an empty batch again, of at least the old capacity.
  void push(batch_ref& b, operator_counters& counters);
  void watermark(timestamp w) { for (auto* t : targets_) t->watermark(w); }
  void idle() { for (auto* t : targets_) t->idle(); }
  void pass(barrier const& b) { for (auto* t : targets_) t->pass(b); }
  void end() { for (auto* t : targets_) t->end(); }
  bool ready() const {
    for (auto* t : targets_)
      if (!t->ready()) return false;
    return true;
  }

 private:
  std::vector<receiver*> targets_;
};

/// Makes `b` an empty batch of this type with at least this capacity: recycles it where nobody else holds it.
void renew(batch_ref& b, batch_type const& type, std::uint32_t capacity);

}  // namespace flow
