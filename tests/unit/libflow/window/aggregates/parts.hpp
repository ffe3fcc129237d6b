#pragma once
// Aggregates of records in one piece, and put together from parts in every way that an engine might.

#include <algorithm>
#include <random>
#include <vector>

#include <flow/record/encoding.hpp>

namespace parts {

template <class A, class T>
A whole(std::vector<T> const& records) {
  A a;
  for (auto const& r : records) a.add(r);
  return a;
}

/// What comes back after a snapshot.
template <class A>
A restored(A const& a) {
  flow::bytes encoded;
  flow::encoder out(encoded);
  out(a);
  A found;
  flow::decoder in(encoded);
  in(found);
  return found;
}

/// Of the records in another order, in parts of any size, merged in any order, some of them restored in between.
template <class A, class T>
A merged(std::vector<T> records, std::mt19937_64& random) {
  std::shuffle(records.begin(), records.end(), random);
  std::vector<A> all(1 + random() % 6);
  for (auto const& r : records) all[random() % all.size() * (random() % 3 != 0)].add(r);
  while (all.size() > 1) {
    std::swap(all[random() % all.size()], all.back());
    A const part = random() % 2 ? restored(all.back()) : all.back();
    all.pop_back();
    auto& into = all[random() % all.size()];
    if (random() % 3 == 0) into = restored(into);
    into.merge(part);
  }
  return all.front();
}

}  // namespace parts
