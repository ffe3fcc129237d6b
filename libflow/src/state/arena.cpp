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

/// The first chunks are small, since many tables stay small; from the size of a pool's chunks on they come from there.
arena::chunk arena::more(std::size_t size) {
  constexpr std::size_t largest = chunk_pool::chunk_bytes, page = 4096;
  std::size_t const want = std::max(std::clamp(held_, page, largest), (size + page - 1) / page * page);
  if (pool_ && want == largest) return {pool_->take(), want, true};
  void* const memory = mmap(nullptr, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  madvise(memory, want, MADV_NOHUGEPAGE);  // also where the system would give huge pages unasked
  return {static_cast<std::byte*>(memory), want, false};
}

std::byte* arena::cut(std::size_t size) {
  if (left_ < size) {
    chunk const& fresh = chunks_.emplace_back(more(size));
    next_ = fresh.memory;
    left_ = fresh.size;
    held_ += fresh.size;
  }
  std::byte* const memory = next_;
  next_ += size;
  left_ -= size;
  return memory;
}

void* arena::allocate(std::size_t size) {
  std::size_t const c = class_of(size);
  if (c < free_.size() && free_[c] != nullptr) {
    free_block* const block = free_[c];
    free_[c] = block->next;
    return block;
  }
  return cut(c * 64);
}

void arena::release(void* memory, std::size_t size) {
  std::size_t const c = class_of(size);
  if (c >= free_.size()) free_.resize(c + 1, nullptr);
  free_[c] = new (memory) free_block{free_[c]};
}

}  // namespace flow
