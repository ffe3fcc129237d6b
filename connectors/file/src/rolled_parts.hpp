#pragma once
// One subtask's files of a folder of results, where the job has checkpoints.
//
// Files are hidden until a committer publishes them (part_committer.hpp). `prepare` makes all that was written durable and describes
// it: a closed file once, an open one with its length at each checkpoint. From then on the file belongs to the checkpoint:
// `abandon` leaves it, and removes only files that no checkpoint knows.

#include "growing_file.hpp"
#include "pending_part.hpp"

#include <flow/file/detail/part_output.hpp>

namespace flow::file::detail {

class rolled_parts final : public part_output {
 public:
  rolled_parts(output_settings settings, std::string extension);

  void open(connector_context const& context) override;
  void begin_file() override;
  void before_records() override;
  void flush() override;
  void finish() override;
  std::vector<bytes> prepare(checkpoint_id) override;
  void publish() override {}
  void abandon() noexcept override;

 private:
  struct part {
    pending_part described;
    std::string path;       // while it is hidden
    bool prepared = false;  // whether a checkpoint may name it
  };

  void full() override;
  void bound_buffer();
  bool is_due(std::chrono::nanoseconds now) const;
  void roll();
  std::chrono::nanoseconds now() const { return clock_ ? clock_->now() : std::chrono::nanoseconds{0}; }

  output_settings const settings_;
  std::string const extension_;
  part_names names_;
  clock const* clock_ = nullptr;
  std::uint32_t subtask_ = 0;
  std::uint64_t attempt_ = 0;
  std::uint64_t next_number_ = 0;

  growing_file file_;
  part current_{};  // while `in_file_`
  std::chrono::nanoseconds begun_{0}, last_records_{0};
  bool unsynced_ = false;       // something was appended that is not durable
  bool folder_changed_ = false;  // there are new names that are not durable
  std::vector<part> closed_;     // since the last `prepare`
};

}  // namespace flow::file::detail
