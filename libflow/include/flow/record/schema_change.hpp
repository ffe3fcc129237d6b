#pragma once
// Whether what was written under one schema can be read as another: what a program may change and still find its state.
//
// Fields are matched by name, at any depth. A field may be added (it gets its default), removed (it is passed over) and moved;
// a number may become one that holds all its values: a wider integer, signed ones for unsigned ones, f64 for f32 and for integers
// of up to 32 bits. A variant may get alternatives at its end, a class a higher version. All else is another value, and
// wants another name. Fields without a name are matched by position: they can only be
// removed, from the end.

#include <optional>
#include <string>

#include <flow/record/schema.hpp>

namespace flow {

/// Why values written under `stored` cannot be read as `now`, naming the field and what to do; nothing where they can. O(fields).
std::optional<std::string> incompatibility(schema const& stored, schema const& now);
/// The same of keys, which cannot change: state is found by their encoding.
std::optional<std::string> key_incompatibility(schema const& stored, schema const& now);

}  // namespace flow
