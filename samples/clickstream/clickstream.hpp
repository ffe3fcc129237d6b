#pragma once
// The records of the job, and its parts: functions from streams to streams. Each is in a file of its own, which is compiled by
// itself: windows are templates, and a job of many in one file would take long to compile.

#include <cstdint>
#include <string>

#include <flow/flow.hpp>

struct click {
  flow::timestamp at;
  std::string user, page, action;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(at), CEREAL_NVP(user), CEREAL_NVP(page), CEREAL_NVP(action));
  }
  /// The steps of the funnel from 1; 0 for what is none.
  int step() const { return action == "view" ? 1 : action == "cart" ? 2 : action == "buy" ? 3 : 0; }
};

struct session {
  std::string user;
  flow::timestamp first_click, last_click;
  std::int64_t clicks = 0, pages = 0;
  int steps = 0;  // of the funnel, in their order

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(user), CEREAL_NVP(first_click), CEREAL_NVP(last_click), CEREAL_NVP(clicks), CEREAL_NVP(pages), CEREAL_NVP(steps));
  }
};

struct funnel_row {
  flow::timestamp hour_start, hour_end;
  std::int64_t sessions = 0, viewed = 0, put_into_cart = 0, bought = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(hour_start), CEREAL_NVP(hour_end), CEREAL_NVP(sessions), CEREAL_NVP(viewed), CEREAL_NVP(put_into_cart), CEREAL_NVP(bought));
  }
};

struct page_row {
  flow::timestamp window_start, window_end;
  std::int64_t place = 0;
  std::string page;
  std::int64_t views = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(window_start), CEREAL_NVP(window_end), CEREAL_NVP(place), CEREAL_NVP(page), CEREAL_NVP(views));
  }
};

/// The sessions of each user: clicks that follow each other by less than the gap. `late()` has those that came too late.
flow::aggregated_stream<click, session> sessions_of(flow::stream<click> const& clicks, flow::duration gap);

/// How many sessions came to which step, by the hour in which they ended.
flow::stream<funnel_row> funnel_by_hour(flow::stream<session> const& sessions);

/// The five pages that were viewed most in the last hour, every quarter of an hour.
flow::stream<page_row> most_viewed_pages(flow::stream<click> const& clicks);
