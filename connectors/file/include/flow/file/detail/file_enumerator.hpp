#pragma once
// Finds the files of a source, once or again and again, and divides the large ones.
//
// A look reads folders entry by entry and may take several calls of `discover`, each about 10 ms by the context's clock:
// what it found is sorted and given out when it is complete. Which files have been found is its state; of a watched
// folder it forgets files that are gone, so that it does not grow with time.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <flow/file/detail/file_part.hpp>
#include <flow/file/paths.hpp>
#include <flow/source.hpp>

namespace flow::file::detail {

class file_walk;
struct found_file;

class file_enumerator final : public split_enumerator {
 public:
  explicit file_enumerator(listing_settings settings);
  ~file_enumerator() override;

  void open(connector_context const& context) override { clock_ = context.clock; }
  std::vector<split> discover() override;
  std::optional<std::chrono::nanoseconds> look_again() const override;
  bool on_request() const override { return true; }
  bool in_time_order() const override { return settings_.in_time_order; }
  std::string position() const override;
  void restore(std::string const& position) override;

 private:
  void list();
  void choose();
  void check_unchanged(found_file const& file) const;
  void divide(found_file const& file);
  bool time_is_up() const;

  listing_settings settings_;
  flow::clock const* clock_ = nullptr;
  std::chrono::nanoseconds call_until_{0};
  bool complete_ = false;  // all has been found, of a source that does not watch
  std::map<std::string, std::uint64_t> known_;  // path and size of what has been found

  // The look under way:
  enum class phase { resting, listing, dividing } phase_ = phase::resting;
  std::size_t next_path_ = 0;
  std::unique_ptr<file_walk> walk_;
  std::size_t found_before_ = 0;  // that walk
  std::vector<found_file> found_;
  std::size_t next_found_ = 0;
  std::vector<split> splits_;
};

}  // namespace flow::file::detail
