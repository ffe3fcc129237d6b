#include <flow/state/chunks.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

namespace flow {
namespace {

constexpr std::size_t page_bytes = 4096;

/// Address space for one chunk, aligned to its size: twice as much is mapped, and what is too much given back.
std::byte* map_chunk(int advice) {
  constexpr std::size_t size = chunk_pool::chunk_bytes;
  void* const mapped = mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const first = static_cast<std::byte*>(mapped);
  std::size_t const before = (size - reinterpret_cast<std::uintptr_t>(first) % size) % size;
  if (before > 0) munmap(first, before);
  munmap(first + before + size, size - before);
  madvise(first + before, size, advice);
  return first + before;
}

}  // namespace

chunk_pool::~chunk_pool() {
  for (auto* const c : ready_) munmap(c, chunk_bytes);
}

std::byte* chunk_pool::take() {
  std::byte* chunk = nullptr;
  bool low = false;
  {
    std::lock_guard const guard(lock_);
    if (ready_.empty()) {
      wanted_ = std::clamp(2 * wanted_, wanted_at_first, wanted_at_most);
    } else {
      chunk = ready_.back();
      ready_.pop_back();
    }
    low = ready_.size() < wanted_;
  }
  if (low) on_low_();
  return chunk ? chunk : map_chunk(MADV_NOHUGEPAGE);
}

void chunk_pool::give_back(std::byte* chunk) noexcept {
  {
    std::lock_guard const guard(lock_);
    if (ready_.size() < wanted_at_most) return ready_.push_back(chunk);
  }
  munmap(chunk, chunk_bytes);
}

bool chunk_pool::prepare_one() {
  {
    std::lock_guard const guard(lock_);
    if (ready_.size() >= wanted_) return false;
  }
  std::byte* const chunk = map_chunk(MADV_HUGEPAGE);
  for (std::size_t at = 0; at < chunk_bytes; at += page_bytes) reinterpret_cast<std::byte volatile&>(chunk[at]) = std::byte{0};
  give_back(chunk);
  return true;
}

std::size_t chunk_pool::ready() const {
  std::lock_guard const guard(lock_);
  return ready_.size();
}

std::size_t chunk_pool::wanted() const {
  std::lock_guard const guard(lock_);
  return wanted_;
}

}  // namespace flow
