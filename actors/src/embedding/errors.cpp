#include <flow/actors/errors.hpp>

#include <string>

#include <caf/make_message.hpp>

namespace flow::actors {

// CAF's code 0 means "no error": codes are shifted by one.

caf::error to_caf(error const& e) {
  auto const code = static_cast<std::uint8_t>(static_cast<unsigned>(e.code()) + 1);
  return caf::error(code, error_category, caf::make_message(e.operator_name(), e.message()));
}

std::optional<error> from_caf(caf::error const& e) {
  if (!e || e.category() != error_category) return {};
  auto const code = static_cast<error_code>(e.code() - 1);
  auto const& context = e.context();
  if (context.match_elements<std::string, std::string>()) return error(code, context.get_as<std::string>(0), context.get_as<std::string>(1));
  return error(code, std::string(name_of(code)));
}

}  // namespace flow::actors
