#include <flow/state/arena.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace flow {

arena::~arena() {
  for (auto const& c : chunks_)
    if (c.pooled) pool_->give_back(c.memory);
    else munmap(c.memory, c.size);
}

// Sizes are rounded up to a multiple of 64: a class per multiple.
std::size_t arena::class_of(std::size_t size) { return (size + 63) / 64; }

arena::chunk& arena::chunk_of(void const* memory) {
  auto const after = std::upper_bound(chunks_.begin(), chunks_.end(), memory, [](void const* m, chunk const& c) { return m < c.memory; });
  return *std::prev(after);
}

/// The first chunks are small, since many tables stay small; from the size of a pool's chunks on they come from there.
arena::chunk& arena::more(std::size_t size) {
  constexpr std::size_t largest = chunk_pool::chunk_bytes, page = 4096;
  std::size_t const want = std::max(std::clamp(held_, page, largest), (size + page - 1) / page * page);
  chunk fresh{nullptr, want, pool_ && want == largest};
  if (fresh.pooled) {
    fresh.memory = pool_->take();
  } else {
    void* const memory = mmap(nullptr, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    madvise(memory, want, MADV_NOHUGEPAGE);  // also where the system would give huge pages unasked
    fresh.memory = static_cast<std::byte*>(memory);
  }
  held_ += want;
  auto const place = std::upper_bound(chunks_.begin(), chunks_.end(), fresh.memory, [](std::byte* m, chunk const& c) { return m < c.memory; });
  return *chunks_.insert(place, fresh);
}

std::byte* arena::cut(std::size_t size) {
  chunk* from = cutting_ ? &chunk_of(cutting_) : nullptr;
  if (!from || from->size - from->cut < size) from = &more(size);
  cutting_ = from->memory;
  std::byte* const memory = from->memory + from->cut;
  from->cut += size;
  from->used += size;
  return memory;
}

void* arena::allocate(std::size_t size) {
  std::size_t const c = class_of(size);
  if (c >= free_.size() || free_[c] == nullptr) return cut(c * 64);
  free_block* const block = free_[c];
  unlink(block);
  chunk_of(block).used += c * 64;
  return block;
}

void arena::release(void* memory, std::size_t size) {
  std::size_t const c = class_of(size);
  if (c >= free_.size()) free_.resize(c + 1, nullptr);
  link(new (memory) free_block{nullptr, nullptr, c * 64});
  chunk& of = chunk_of(memory);
  of.used -= c * 64;
  if (of.used == 0) give_back(of);
}

void arena::link(free_block* block) {
  free_block*& first = free_[class_of(block->size)];
  block->next = first;
  if (first) first->before = block;
  first = block;
}

void arena::unlink(free_block* block) {
  (block->before ? block->before->next : free_[class_of(block->size)]) = block->next;
  if (block->next) block->next->before = block->before;
}

/// All that was cut of it is free: it consists of free blocks up to where it was cut.
void arena::give_back(chunk& whole) {
  for (std::byte* at = whole.memory; at != whole.memory + whole.cut;) {
    auto* const block = reinterpret_cast<free_block*>(at);
    at += block->size;
    unlink(block);
  }
  if (cutting_ == whole.memory) cutting_ = nullptr;
  if (whole.pooled) pool_->give_back(whole.memory); else munmap(whole.memory, whole.size);
  held_ -= whole.size;
  chunks_.erase(chunks_.begin() + (&whole - chunks_.data()));
}

}  // namespace flow
