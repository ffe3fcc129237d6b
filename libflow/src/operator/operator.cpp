#include <flow/operator/operator.hpp>

namespace flow {

void renew(batch_ref& b, batch_type const& type, std::uint32_t capacity) {
  if (b && b->capacity() >= capacity && b.unique())
    b->clear();
  else
    b = type.create(capacity);
}

void output_port::push(batch_ref& b, operator_counters& counters) {
  std::uint32_t const size = b->size();
  std::uint32_t const capacity = b->capacity();
  batch_type const& type = b->type();
  if (size > 0) {
    counters.records_out.add(size);
    if (targets_.empty()) counters.unread.add(size);
    for (std::size_t i = 0; i + 1 < targets_.size(); ++i) {
      batch_ref shared = b;
      targets_[i]->receive(shared);
    }
    if (!targets_.empty()) targets_.back()->receive(b);
  }
  renew(b, type, capacity);
}

void operator_base::start(open_context const& context) {
  context_ = context;
  activity_scope const scope(*this);
  try {
    open();
  } catch (...) {
    fail();
  }
}

void operator_base::receive(batch_ref& b) {
  activity_scope const scope(*this);
  counters_.records_in.add(b->size());
  process(b);
}

void operator_base::resume() {
  activity_scope const scope(*this);
  suspended_ = !continue_output();
}

void operator_base::forward_watermark(timestamp w) {
  counters_.watermark.store(w, std::memory_order_relaxed);
  for (auto& o : outputs_) o.watermark(w);
}

void operator_base::fail() const {
  try {
    throw;
  } catch (error const& e) {
    if (e.operator_name().empty()) throw e.at(name_);
    throw;
  } catch (std::exception const& e) {
    throw error(error_code::user_function, name_, e.what());
  } catch (...) {
    throw error(error_code::user_function, name_, "threw something that is no std::exception");
  }
}

void operator_base::fail(batch_base const& records, std::uint32_t index) const {
  try {
    throw;
  } catch (error const& e) {
    if (!e.operator_name().empty()) throw;
    throw error(e.code(), name_, e.message() + "; the record was " + records.type().print(records, index));
  } catch (std::exception const& e) {
    throw error(error_code::user_function, name_,
                "the function threw: " + std::string(e.what()) + "; the record was " + records.type().print(records, index));
  } catch (...) {
    throw error(error_code::user_function, name_,
                "the function threw something that is no std::exception; the record was " + records.type().print(records, index));
  }
}

}  // namespace flow
