#pragma once
// union_with: several inputs, passed on as they come.

#include <flow/operator/operator.hpp>

namespace flow {

class union_operator final : public operator_base {
 public:
  explicit union_operator(std::string name) : operator_base(std::move(name), 1) {}

 protected:
  void process(batch_ref& b) override {
    counters().processed.add(b->size());
    push(0, b);
  }
};

}  // namespace flow
