#include <flow/state/arena.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace flow {

namespace {
constexpr std::size_t largest_chunk = std::size_t{1} << 21;
}

arena::~arena() {
  for (auto const& c : chunks_) munmap(c.memory, c.size);
}

// Sizes are rounded up to a multiple of 64: a class per multiple.
std::size_t arena::class_of(std::size_t size) { return (size + 63) / 64; }

std::byte* arena::cut(std::size_t size) {
  if (left_ < size) {
    // The first chunks are small: many tables stay small.
    std::size_t const want = std::max(std::clamp<std::size_t>(held_, 4096, largest_chunk), (size + 4095) / 4096 * 4096);
    void* const memory = mmap(nullptr, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    madvise(memory, want, MADV_NOHUGEPAGE);  // also where the system would give huge pages unasked
    chunks_.push_back({static_cast<std::byte*>(memory), want});
    next_ = static_cast<std::byte*>(memory);
    left_ = want;
    held_ += want;
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
