#include <catch2/catch.hpp>

#include <flow/run.hpp>

using namespace flow;
using namespace std::chrono_literals;

namespace {

job_result result() {
  job_result r;
  r.elapsed = 1'500ms;
  r.most_bytes_in_flight = 77;
  operator_summary in;
  in.name = "in";
  in.kind = "source";
  in.is_source = true;
  in.parallelism = 2;
  in.records_in = in.records_out = in.processed = 10;
  in.bytes = 1'234;
  in.busy = 250ms;
  in.watermark = end_of_time;
  operator_summary out;
  out.name = "o\"ut";
  out.kind = "sink";
  out.is_sink = true;
  out.task = 1;
  out.parallelism = 1;
  out.records_in = out.processed = 9;
  out.bytes = 55;
  out.late = 1;
  out.watermark = timestamp{1s};
  r.operators = {in, out};
  return r;
}

}  // namespace

TEST_CASE("a summary as JSON holds the totals and every operator's counters") {
  CHECK(summary_json(result(), "j") ==
        R"({"job":"j","end":"finished","elapsed_seconds":1.500000,"failure":null,"records_in":10,"bytes_in":1234,"records_out":9,"bytes_out":55,)"
        R"("most_bytes_in_flight":77,"last_barrier":0,"restarts":0,"checkpoints":null,"operators":[)"
        R"({"name":"in","kind":"source","task":0,"parallelism":2,"records_in":10,"records_out":10,"processed":10,"filtered":0,"late":0,"unread":0,"bad":0,)"
        R"("bytes":1234,"watermark":"end","busy_seconds":0.250000,"idle_seconds":0.000000,"blocked_seconds":0.000000},)"
        R"({"name":"o\"ut","kind":"sink","task":1,"parallelism":1,"records_in":9,"records_out":0,"processed":9,"filtered":0,"late":1,"unread":0,"bad":0,)"
        R"("bytes":55,"watermark":"1970-01-01T00:00:01Z","busy_seconds":0.000000,"idle_seconds":0.000000,"blocked_seconds":0.000000}]})");
}

TEST_CASE("checkpoints and restarts are in both forms of a summary where there are any") {
  auto r = result();
  r.restarts = 2;
  CHECK_THAT(summary_table(r), Catch::Contains("\nrestarts: 2\n") && !Catch::Contains("checkpoints"));
  r.checkpoints.on = true;
  CHECK_THAT(summary_table(r), Catch::Contains("\ncheckpoints: 0 completed, 0 failed\n"));
  CHECK_THAT(summary_json(r, "j"), Catch::Contains(R"("restarts":2,"checkpoints":{"completed":0,"failed":0,"last_failure":null,"restored":null,"last":null,"age_seconds":0.000000,)"
                                                   R"("duration_seconds":0.000000,"bytes":0,"written_bytes":0},"operators")"));
  r.checkpoints = {true, 13, 1, "checkpoint 9: no \"space\"", 4, 14, 7s, 250ms, 2'000'000, 30'000};
  CHECK_THAT(summary_table(r), Catch::Contains("\nrestored from 4\ncheckpoints: 13 completed, 1 failed; the last, 14, wrote 30.0 kB of 2.00 MB in 0.250 s\n"
                                               "last failure: checkpoint 9: no \"space\"\n"));
  CHECK_THAT(summary_json(r, "j"), Catch::Contains(R"("checkpoints":{"completed":13,"failed":1,"last_failure":"checkpoint 9: no \"space\"","restored":4,"last":14,)"
                                                   R"("age_seconds":7.000000,"duration_seconds":0.250000,"bytes":2000000,"written_bytes":30000})"));
}

TEST_CASE("a failure is in the JSON with its code, domain, hint, operator and message, as valid UTF-8") {
  auto r = result();
  r.operators.clear();
  r.end = job_result::how::failed;
  r.failure = error(error_code::bad_record, "in", "found \"\xFF\xC3\xBC\xE2\x82\"\n");
  CHECK_THAT(summary_json(r, "j"),
             Catch::Contains(R"("end":"failed")") &&
                 Catch::Contains("\"failure\":{\"code\":\"bad_record\",\"domain\":\"data\",\"retry\":\"pointless\",\"operator\":\"in\","
                                 "\"message\":\"found \\\"\xEF\xBF\xBD\xC3\xBC\xEF\xBF\xBD\xEF\xBF\xBD\\\"\\n\"}"));
  r.end = job_result::how::cancelled;
  CHECK_THAT(summary_json(r, "j"), Catch::Contains(R"("end":"cancelled")"));
}

TEST_CASE("a summary as a table has a row for every operator, with bytes where there are any") {
  auto const table = summary_table(result());
  CHECK_THAT(table, Catch::Contains("bytes") && Catch::Contains("1.23 kB") && Catch::Contains("55 B") && Catch::Contains("1970-01-01T00:00:01Z"));
}

TEST_CASE("a summary as a table shows a dozen metrics and says how many more there are") {
  auto r = result();
  for (char c = 'a'; c <= 'n'; ++c) r.operators[1].metrics.counters[std::string(1, c)] = 7;
  auto const table = summary_table(r);
  CHECK_THAT(table, Catch::Contains("\no\"ut: l             7\n") && Catch::EndsWith("\nand 2 more metrics: --summary json has all\n"));
  CHECK_THAT(table, !Catch::Contains("o\"ut: m"));
}

TEST_CASE("what is no number is null in the JSON of metrics") {
  auto r = result();
  r.operators[1].metrics.gauges["endless"] = {std::numeric_limits<double>::infinity(), -0.5, std::numeric_limits<double>::infinity(), 2};
  r.operators[1].metrics.histograms["empty"];
  CHECK_THAT(summary_json(r, "j"), Catch::Contains(R"("metrics":{"counters":{},"gauges":{"endless":{"sum":null,"min":-0.5,"max":null,"subtasks":2}},"histograms":{"empty":)"
                                                   R"({"count":0,"mean":null,"min":null,"p50":null,"p90":null,"p99":null,"p999":null,"max":null}}}}]})"));
}
