#include <flow/record/time_text.hpp>

#include <charconv>
#include <cstdio>
#include <ctime>

namespace flow {
namespace {

using namespace std::chrono;

constexpr timestamp first_dated{sys_days{year{0} / 1 / 1}.time_since_epoch()};
constexpr timestamp end_of_dates{sys_days{year{10'000} / 1 / 1}.time_since_epoch()};

struct fields {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t micros = 0;
};

std::optional<timestamp> assemble(fields const& f) {
  year_month_day const date{year{f.year}, month{static_cast<unsigned>(f.month)}, day{static_cast<unsigned>(f.day)}};
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return {};
  return timestamp{sys_days{date}.time_since_epoch() + hours{f.hour} + minutes{f.minute} + seconds{f.second} +
                   microseconds{f.micros}};
}

/// Takes up to `width` digits off the front of `text`.
bool take_number(std::string_view& text, std::size_t width, int& value) {
  std::size_t n = 0;
  value = 0;
  while (n < width && n < text.size() && text[n] >= '0' && text[n] <= '9') value = value * 10 + (text[n++] - '0');
  text.remove_prefix(n);
  return n > 0;
}

void take_fraction(std::string_view& text, std::int64_t& micros) {
  if (text.size() < 2 || text[0] != '.' || text[1] < '0' || text[1] > '9') return;
  text.remove_prefix(1);
  for (std::int64_t unit = 100'000; !text.empty() && text[0] >= '0' && text[0] <= '9'; unit /= 10, text.remove_prefix(1))
    micros += unit * (text[0] - '0');
}

bool take_field(char code, std::string_view& text, fields& f) {
  switch (code) {
    case 'Y': return take_number(text, 4, f.year);
    case 'm': return take_number(text, 2, f.month);
    case 'd': return take_number(text, 2, f.day);
    case 'H': return take_number(text, 2, f.hour);
    case 'M': return take_number(text, 2, f.minute);
    case 'S':
      if (!take_number(text, 2, f.second)) return false;
      take_fraction(text, f.micros);
      return true;
    case '%':
      if (text.empty() || text[0] != '%') return false;
      text.remove_prefix(1);
      return true;
    default: return false;
  }
}

bool match(std::string_view format, std::string_view& text, fields& f) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      if (!take_field(format[++i], text, f)) return false;
    } else {
      if (text.empty() || text[0] != format[i]) return false;
      text.remove_prefix(1);
    }
  }
  return true;
}

std::optional<timestamp> parse_iso(std::string_view text) {
  fields f;
  std::string_view rest = text;
  if (!match("%Y-%m-%d", rest, f)) return {};
  if (!rest.empty()) {
    if (rest[0] != 'T' && rest[0] != ' ') return {};
    rest.remove_prefix(1);
    if (!match("%H:%M", rest, f)) return {};
    if (!rest.empty() && rest[0] == ':' && !match(":%S", rest, f)) return {};
    if (!rest.empty() && rest[0] == 'Z') rest.remove_prefix(1);
  }
  return rest.empty() ? assemble(f) : std::nullopt;
}

}  // namespace

void append_time(std::string& out, timestamp time, std::string_view format) {
  if (time < first_dated || time >= end_of_dates) {
    out += std::to_string(time.time_since_epoch().count());
    return;
  }
  auto const day_point = floor<days>(time);
  year_month_day const date{day_point};
  hh_mm_ss const clock_time{time - day_point};
  if (format.empty()) {
    char text[48];
    int n = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          static_cast<int>(clock_time.hours().count()), static_cast<int>(clock_time.minutes().count()),
                          static_cast<int>(clock_time.seconds().count()));
    out.append(text, static_cast<std::size_t>(n));
    if (auto micros = clock_time.subseconds().count(); micros != 0) {
      n = std::snprintf(text, sizeof text, ".%06d", static_cast<int>(micros));
      out.append(text, static_cast<std::size_t>(n));
    }
    out += 'Z';
    return;
  }
  std::time_t const seconds_since_epoch = floor<seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds_since_epoch, &parts);
  char text[256];
  out.append(text, std::strftime(text, sizeof text, std::string(format).c_str(), &parts));
}

std::optional<timestamp> parse_time(std::string_view text, std::string_view format) {
  if (format.empty()) {
    std::int64_t micros = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), micros);
    if (problem == std::errc{} && end == text.data() + text.size()) return timestamp{duration{micros}};
    return parse_iso(text);
  }
  fields f;
  if (!match(format, text, f) || !text.empty()) return {};
  return assemble(f);
}

}  // namespace flow
