// A trading application of a few actors, and a job inside it that sums up the orders of each customer per minute.
//
// The application came first: traders place orders with a book. The job is added where the comments say "added": the book
// hands the orders on to an inlet, and a desk, an actor like any other, gets the sums.

#include <algorithm>
#include <iostream>
#include <tuple>

#include <caf/all.hpp>

#include <flow/actors.hpp>
#include <flow/flow.hpp>

using namespace std::chrono_literals;

// ---- the application's messages

struct order {
  std::string customer;
  std::int64_t cents = 0;
  std::int64_t second = 0;  // of the trading day

  template <class Archive>  // added: what a record of a job needs
  void serialize(Archive& archive) { archive(CEREAL_NVP(customer), CEREAL_NVP(cents), CEREAL_NVP(second)); }
};
template <class Inspector>
auto inspect(Inspector& f, order& o) { return f(caf::meta::type_name("order"), o.customer, o.cents, o.second); }

struct placed_order {
  std::string trader;
  order what;
};
template <class Inspector>
auto inspect(Inspector& f, placed_order& p) { return f(caf::meta::type_name("placed_order"), p.trader, p.what); }

using day_over = caf::atom_constant<caf::atom("dayover")>;

// Added: what comes out of the windows, the cents of a customer in a minute.
using turnover = flow::windowed<std::string, std::int64_t>;

// ---- the application's actors

using book_actor = caf::typed_actor<caf::reacts_to<placed_order>, caf::reacts_to<day_over>>;
using desk_actor = caf::typed_actor<caf::reacts_to<std::vector<turnover>>, caf::replies_to<day_over>::with<std::vector<turnover>>>;
using orders_inlet = flow::actors::inlet_actor<order>;

/// Takes orders and answers when they are in, until the day is over.
book_actor::behavior_type book(book_actor::pointer self, orders_inlet const& inlet) {
  self->link_to(inlet);  // added: the input of the job ends with the book
  return {
      // Added: the inlet answers the trader, so that traders go no faster than the job.
      [self, inlet](placed_order& p) { return self->delegate(inlet, std::move(p.what)); },
      [self](day_over) { self->quit(); },
  };
}

/// A trader places its next order when the last one is in.
class trader : public caf::event_based_actor {
 public:
  trader(caf::actor_config& c, std::string name, std::int64_t cents, book_actor book)
      : event_based_actor(c), name_(std::move(name)), cents_(cents), book_(std::move(book)) {}

  caf::behavior make_behavior() override {
    place(0);
    return {[](day_over) {}};
  }

 private:
  void place(std::int64_t second) {
    if (second == 600) return quit();
    order const next{second % 7 == 0 ? "Smith" : "Jones", cents_, second};
    request(book_, 10s, placed_order{name_, next}).then([=, this] { place(second + 1); });
  }

  std::string name_;
  std::int64_t cents_;
  book_actor book_;
};

/// Added: keeps what the job finds out.
desk_actor::behavior_type desk(desk_actor::pointer) {
  auto const all = std::make_shared<std::vector<turnover>>();
  return {
      [all](std::vector<turnover> const& some) { all->insert(all->end(), some.begin(), some.end()); },
      [all](day_over) { return *all; },
  };
}

// ---- added: the job

flow::job turnovers(flow::source<order> const& orders, desk_actor const& desk) {
  flow::job job{"turnovers"};
  job.source("orders", orders)
      .event_time([](order const& o) { return flow::timestamp{std::chrono::seconds(o.second)}; }, flow::out_of_order_by(1h))  // traders keep no step
      .key_by(&order::customer)
      .window(flow::tumbling_windows(1min))
      .aggregate<flow::sum<&order::cents>>("turnover")
      .sink("desk", flow::actors::outlet<turnover>(desk));
  return job;
}

// ---- the application's main function

struct config : caf::actor_system_config {
  config() {
    add_message_type<order>("order");
    add_message_type<placed_order>("placed_order");
    flow::actors::configure(*this);  // added: the scheduler that jobs run best on
  }
};

void print(std::vector<turnover> all) {
  std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return std::tie(a.start, a.key) < std::tie(b.start, b.key); });
  for (auto const& t : all)
    std::cout << "minute " << std::chrono::floor<std::chrono::minutes>(t.start.time_since_epoch()).count() << "  " << t.key << "  " << t.value << " cents\n";
}

int trade(caf::actor_system& system) {
  caf::scoped_actor self(system);
  auto const sums = system.spawn(desk);
  // Added:
  auto const [orders, inlet] = flow::actors::inlet<order>(system, "orders");
  auto const running = flow::actors::spawn(system, turnovers(orders, sums), flow::settings{}.parallelism(2));

  auto const the_book = system.spawn(book, inlet);
  self->wait_for(system.spawn<trader>("Ann", 100, the_book), system.spawn<trader>("Bob", 250, the_book));
  self->send(the_book, day_over::value);

  int status = 0;
  auto const failed = [&](caf::error const& e) {
    std::cerr << system.render(e) << "\n";
    status = 1;
  };
  // Added:
  auto const told = [](flow::job_result const& r) { std::cout << r.operators.front().records_out << " orders\n"; };
  self->request(running, caf::infinite, flow::actors::await_v).receive(told, failed);
  self->request(sums, caf::infinite, day_over::value).receive(print, failed);
  return status;
}

int main(int argc, char** argv) {
  config c;
  if (auto const wrong = c.parse(argc, argv)) {
    std::cerr << "cannot read the options: " << to_string(wrong) << "\n";
    return 2;
  }
  if (c.cli_helptext_printed) return 0;
  caf::actor_system system(c);
  return trade(system);
}
