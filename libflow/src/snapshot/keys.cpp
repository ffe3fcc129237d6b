#include "snapshot/keys.hpp"

#include <limits>

namespace flow::detail {
namespace {

template <class N>
void put(std::string& out, N number) {
  for (int shift = 8 * (sizeof(N) - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

void put_name(std::string& out, std::string const& name) {
  if (name.size() > std::numeric_limits<std::uint16_t>::max())
    throw error(error_code::usage, "the name of an operator or state has " + std::to_string(name.size()) +
                                       " bytes; at most 65535 can be stored, give it a shorter one: '" + name.substr(0, 40) + "...'");
  put(out, static_cast<std::uint16_t>(name.size()));
  out += name;
}

/// Takes a key apart from its front.
class key_reader {
 public:
  explicit key_reader(std::string_view key) : key_(key), left_(key) {}
  template <class N>
  N number() {
    std::uint64_t n = 0;
    for (char c : take(sizeof(N))) n = n << 8 | static_cast<unsigned char>(c);
    return static_cast<N>(n);
  }
  std::string name() { return std::string(take(number<std::uint16_t>())); }
  std::size_t left() const { return left_.size(); }
  std::string_view take(std::size_t size) {
    if (size > left_.size()) fail();
    auto const taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  [[noreturn]] void fail() const {
    throw error(error_code::bad_record, "a key of " + std::to_string(key_.size()) +
                                            " bytes among the pieces is none of a piece; the directory holds something else");
  }

 private:
  std::string_view key_, left_;
};

}  // namespace

std::string manifest_key(checkpoint_id id) {
  std::string key = "m";
  put(key, id);
  return key;
}

std::optional<checkpoint_id> manifest_of(std::string_view key) {
  if (key.size() != 1 + sizeof(checkpoint_id) || key.front() != 'm') return {};
  return key_reader(key.substr(1)).number<checkpoint_id>();
}

std::string piece_key(piece_place const& place, checkpoint_id checkpoint) {
  std::string key;
  put(key, checkpoint);
  put_name(key, place.operator_name);
  put_name(key, place.state_name);
  put(key, place.part);
  return key;
}

void set_checkpoint(std::string& piece, checkpoint_id checkpoint) {
  for (std::size_t i = sizeof checkpoint; i-- > 0; checkpoint >>= 8) piece[i] = static_cast<char>(checkpoint);
}

std::string chunk_key(std::string const& piece, std::uint32_t chunk) {
  std::string key = piece;
  put(key, chunk);
  return key;
}

stored_piece piece_of(std::string_view from) {
  key_reader key(from);
  stored_piece piece;
  piece.checkpoint = key.number<checkpoint_id>();
  piece.operator_name = key.name();
  piece.state_name = key.name();
  piece.part = key.number<std::uint32_t>();
  if (key.left() > 0) key.fail();
  return piece;
}

checkpoint_id checkpoint_of(std::string_view key) { return key_reader(key).number<checkpoint_id>(); }
std::string end_of_piece(std::string const& piece) { return chunk_key(piece, std::numeric_limits<std::uint32_t>::max()); }

std::vector<std::string> keys_of(key_value_store const& store, family f, std::string from) {
  std::vector<std::string> keys;
  store.visit(f, from, [&](std::string_view key) {
    keys.emplace_back(key);
    return true;
  });
  return keys;
}

}  // namespace flow::detail
