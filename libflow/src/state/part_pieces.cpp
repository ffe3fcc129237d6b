#include <flow/state/part_pieces.hpp>

#include <limits>
#include <utility>

namespace flow {

std::uint64_t part_pieces::end_of(std::uint32_t part) const {
  if (part + 1 == size()) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t const next = ((std::uint64_t{part + 1} << 32) + size() - 1) / size();
  return (next << 32) - 1;
}

void part_pieces::begin(snapshot_cut const& cut, piece_output& out, opening open) {
  folds_ = last_ != 0 && last_ != cut.completed;
  cut_ = cut;
  out_ = &out;
  open_ = std::move(open);
  for (std::uint32_t i = 0; i < size(); ++i) {
    auto& p = parts_[i];
    p.open.reset();  // of a snapshot that was given up
    p.begun = false;
    if (p.base_at != 0 && p.base_at == last_) {
      p.based = !folds_;
      if (folds_) p.base_at = 0;
    }
    if (p.emptied_at != 0 && p.emptied_at == last_ && !folds_) p.in_store = false;
    p.emptied_at = 0;
    p.form = next_form(i, p);
    if (p.form == piece_form::base && !cut.full) {
      p.base_at = cut.id;
      p.based = p.lost = false;
      p.base_entries = p.delta_entries = 0;
    }
  }
  last_ = cut.id;
}

piece_form part_pieces::next_form(std::uint32_t number, part_state const& p) const {
  bool const whole = cut_.full || cut_.completed == 0 || !p.based || p.lost || p.delta_entries > p.base_entries || (cut_.id + number) % rotation == 0;
  return whole ? piece_form::base : piece_form::delta;
}

void part_pieces::open(std::uint32_t part) {
  auto& p = parts_[part];
  p.open = std::make_unique<chunk>();
  p.open->archive.run_ahead(p.begun ? chunk_bytes + smallest_room : smallest_room);
  if (!std::exchange(p.begun, true) && p.form == piece_form::delta) p.open->entries = open_(part, p.open->archive);
}

void part_pieces::flush(std::uint32_t part, bool last) {
  auto& p = parts_[part];
  std::unique_ptr<chunk> const c = std::move(p.open);
  c->archive.settle();
  if (!cut_.full) (p.form == piece_form::base ? p.base_entries : p.delta_entries) += c->entries;
  out_->put(of_, first_ + part, p.form, std::move(c->data), c->entries, last);
}

void part_pieces::close(std::uint32_t part, bool removed) {
  auto& p = parts_[part];
  bool const is_empty_base = p.form == piece_form::base && !p.begun;
  if (is_empty_base) return close_empty(part);
  if (!p.open && (p.begun || removed)) open(part);
  if (!p.open) return;  // a delta that would say nothing
  flush(part, true);
  p.in_store = true;
}

/// Of a part without entries nothing is kept; where there was something, a base without entries tells that it is gone.
void part_pieces::close_empty(std::uint32_t part) {
  auto& p = parts_[part];
  if (p.in_store) out_->put(of_, first_ + part, p.form, {}, 0, true);
  if (cut_.full) return;
  p.base_at = 0;
  if (p.in_store) p.emptied_at = cut_.id;
}

void part_pieces::restored(std::uint32_t part, std::vector<piece_info> const& from, bool goes_on) {
  auto& p = parts_[part];
  p.in_store = true;
  p.based = goes_on;
  for (auto const& piece : from) (piece.form == piece_form::base ? p.base_entries : p.delta_entries) += piece.entries;
}

}  // namespace flow
