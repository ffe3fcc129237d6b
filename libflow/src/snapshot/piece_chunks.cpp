#include "snapshot/piece_chunks.hpp"

#include "snapshot/keys.hpp"

namespace flow::detail {
namespace {

constexpr std::size_t entries_at = seal_bytes, data_at = seal_bytes + sizeof(std::uint64_t);

}  // namespace

chunk_writer::chunk_writer(key_value_store& store, piece_index& index, checkpoint_id id, piece_place place, piece_contents const& contents)
    : store_(store), index_(index), id_(id), place_(std::move(place)), key_(piece_key(place_, id)) {
  header_.form = contents.form;
  header_.key = contents.key;
  header_.value = contents.value;
  index_.add_piece(id_, key_);
  start_chunk();
}

void chunk_writer::start_chunk() {
  chunk_.resize(data_at);
  chunk_entries_ = 0;
}

void chunk_writer::append(std::span<std::byte const> data, std::uint64_t entries) {
  if (chunk_.size() > data_at && chunk_.size() + data.size() > full_bytes) {
    auto const key = chunk_key(key_, header_.chunks + 1);
    seal_chunk(key);
    write(key, {});  // a header that says nothing yet lets clean-up find the chunk
  }
  chunk_.insert(chunk_.end(), data.begin(), data.end());
  chunk_entries_ += entries;
  header_.bytes += data.size();
  header_.entries += entries;
}

void chunk_writer::seal_chunk(std::string const& key) {
  std::memcpy(chunk_.data() + entries_at, &chunk_entries_, sizeof chunk_entries_);
  seals_.push_back(seal(key, chunk_));
  ++header_.chunks;
}

void chunk_writer::write(std::string const& key, bytes const& header) {
  index_.check_in_progress(id_);
  changes what;
  what.put.push_back({family::headers, key_, header});
  if (chunk_entries_ > 0) what.put.push_back({family::chunks, key, chunk_});
  try {
    store_.write(what);
  } catch (error const& e) {
    throw error(e.code(), place_.operator_name, to_string(place_, id_) + ": " + e.message());
  }
  start_chunk();
}

piece_info chunk_writer::finish() {
  auto const key = chunk_key(key_, header_.chunks + 1);
  if (chunk_entries_ > 0) seal_chunk(key);  // which may be without a byte
  header_.checksum = checksum_of(seals_);
  write(key, encode_header(key_, header_));
  piece_info const info{id_, header_.form, header_.entries, header_.bytes, header_.checksum};
  index_.complete_piece(id_, key_, info);
  return info;
}

chunk_reader::chunk_reader(key_value_store const& store, piece_place place, piece_info const& expected)
    : store_(store), place_(std::move(place)), expected_(expected), key_(piece_key(place_, expected.checkpoint)) {
  auto const value = get(family::headers, key_, "its header");
  try {
    header_ = decode_header(key_, value);
    check_header();
  } catch (error const& e) {
    fail(e, "its header");
  }
  contents_ = {header_.form, std::move(header_.key), std::move(header_.value)};
}

void chunk_reader::check_header() const {
  piece_info const found{expected_.checkpoint, header_.form, header_.entries, header_.bytes, header_.checksum};
  if (found == expected_) return;
  auto const text = [](piece_info const& p) {
    return "a " + std::string(name_of(p.form)) + " of " + std::to_string(p.entries) + " entries in " + std::to_string(p.bytes) +
           " bytes with checksum " + std::to_string(p.checksum);
  };
  throw error(error_code::bad_record, "the manifest expects " + text(expected_) + ", found " + text(found));
}

void chunk_reader::fail(error const& cause, std::string const& what) const {
  bool const told = cause.message().find(store_.place()) != std::string::npos;  // by the store itself: where, and what to do
  throw error(cause.code(), place_.operator_name,
              to_string(place_, expected_.checkpoint) + ": " + what + (told ? " cannot be used: " : " in the snapshots in '" + store_.place() + "' cannot be used: ") +
                  cause.message() + (!told && cause.code() == error_code::bad_record ? "; restore another checkpoint, or copy the directory anew" : ""));
}

bytes chunk_reader::get(family f, std::string const& key, std::string const& what) const try {
  if (auto value = store_.get(f, key)) return std::move(*value);
  throw error(error_code::bad_record, "it is missing");
} catch (error const& e) {
  fail(e, what);
}

void chunk_reader::read(std::function<void(chunk const&)> const& use) {
  std::vector<std::uint64_t> seals;
  std::uint64_t entries = 0, size = 0;
  for (std::uint32_t n = 1; n <= header_.chunks; ++n) {
    auto const key = chunk_key(key_, n);
    auto const what = "chunk " + std::to_string(n) + " of " + std::to_string(header_.chunks);
    auto const value = get(family::chunks, key, what);
    chunk c;
    try {
      auto const inner = unseal(key, value);
      decoder archive(inner.data(), inner.size());
      archive(c.entries);
      c.data = inner.last(archive.left());
      seals.push_back(seal_of(value));
    } catch (error const& e) {
      fail(e, what);
    }
    entries += c.entries;
    size += c.data.size();
    use(c);
  }
  if (checksum_of(seals) != header_.checksum || entries != header_.entries || size != header_.bytes)
    fail(error(error_code::bad_record, "they are not those that its header was written for"), "the chunks");
}

}  // namespace flow::detail
