#include <flow/snapshot/memory_snapshots.hpp>

#include <map>

#include "snapshot/stored_snapshots.hpp"

namespace flow {

using namespace detail;

class memory_snapshots::content {
 public:
  using map = std::map<std::string, bytes, std::less<>>;
  map const& of(family f) const { return families_[static_cast<std::size_t>(f)]; }

  void write(changes const& what) {
    bool const fails = failing_ || (writes_ == fails_at_);
    bool const kept = !fails || (!failing_ && how_ == fault::kept);
    ++writes_;
    failing_ = fails;
    if (kept) apply(what);
    check_working();
  }
  void check_working() const {
    if (failing_) fail();
  }
  [[noreturn]] void fail() const { throw error(error_code::no_space, "cannot write snapshots in '" + place + "': a fault was asked for; repair it"); }
  void fail_write(std::uint64_t n, fault how) {
    fails_at_ = writes_ + n;
    how_ = how;
  }
  void repair() {
    failing_ = false;
    fails_at_ = never;
  }
  std::uint64_t writes() const { return writes_; }
  std::uint64_t size() const {
    std::uint64_t sum = 0;
    for (auto const& family : families_)
      for (auto const& [key, value] : family) sum += key.size() + value.size();
    return sum;
  }

  std::string const place = "memory";

 private:
  static constexpr auto never = std::numeric_limits<std::uint64_t>::max();
  map& at(family f) { return families_[static_cast<std::size_t>(f)]; }
  void apply(changes const& what) {
    for (auto const& range : what.removed) {
      auto& from = at(range.where);
      from.erase(from.lower_bound(range.from), from.lower_bound(range.to));
    }
    for (auto const& value : what.put) at(value.where).insert_or_assign(std::string(value.key), bytes(value.data.begin(), value.data.end()));
  }

  map families_[number_of_families];
  std::uint64_t writes_ = 0, fails_at_ = never;
  fault how_ = fault::lost;
  bool failing_ = false;
};

namespace {

class memory_store final : public key_value_store {
 public:
  explicit memory_store(std::shared_ptr<memory_snapshots::content> content) : content_(std::move(content)) {}
  std::string const& place() const override { return content_->place; }
  void write(changes const& what) override {
    sync();
    failed_ = true;  // unless all goes well
    content_->write(what);
    failed_ = false;
  }
  void sync() override {
    if (failed_) content_->fail();
  }
  bool failed() const override { return failed_; }
  void reopen() override {
    content_->check_working();
    failed_ = false;
  }
  std::optional<bytes> get(family f, std::string_view key) const override {
    auto const found = content_->of(f).find(key);
    if (found == content_->of(f).end()) return {};
    return found->second;
  }
  void visit(family f, std::string const& from, std::function<bool(std::string_view)> const& use) const override {
    auto const& map = content_->of(f);
    for (auto it = map.lower_bound(from); it != map.end() && use(it->first); ++it) {}
  }

 private:
  std::shared_ptr<memory_snapshots::content> content_;
  bool failed_ = false;
};

}  // namespace

memory_snapshots::memory_snapshots() : content_(std::make_shared<content>()) {}
memory_snapshots::~memory_snapshots() = default;
memory_snapshots::memory_snapshots(memory_snapshots&&) noexcept = default;
memory_snapshots& memory_snapshots::operator=(memory_snapshots&&) noexcept = default;

void memory_snapshots::fail_write(std::uint64_t n, fault how) { content_->fail_write(n, how); }
void memory_snapshots::repair() { content_->repair(); }
std::uint64_t memory_snapshots::writes() const { return content_->writes(); }
std::uint64_t memory_snapshots::size() const { return content_->size(); }

std::unique_ptr<snapshot_store> memory_snapshots::open(snapshot_retention retention) {
  return std::make_unique<stored_snapshots>(std::make_unique<memory_store>(content_), retention);
}

}  // namespace flow
