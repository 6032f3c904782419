#include "s3proxy/proxy/early_part.hpp"

#include "counted_task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace s3proxy::proxy {

namespace asio = boost::asio;
using asio::awaitable;

struct early_part::state {
  state(worker_services& worker, base::byte_span asked, upstream::errand_ptr errand)
      : shared(worker.shared), span(asked), who(std::move(errand)), wake(worker.executor) {
    shared.asked_early += span.size();
  }
  ~state() { free_room(); }

  void free_room() {
    if (!std::exchange(room_freed, true)) {
      shared.asked_early -= span.size();
    }
  }

  services& shared;
  base::byte_span span;
  upstream::errand_ptr who;
  asio::steady_timer wake;
  std::optional<upstream::origin_answer> answer;
  bool ended = false;  // the answer is here, or none will come
  bool room_freed = false;
};

early_part early_part::ask(worker_services& worker, upstream::origin_request request, base::byte_span span,
                           upstream::errand_ptr who, std::shared_ptr<upstream::call_count> calls) {
  auto made = std::make_shared<state>(worker, span, std::move(who));
  asio::co_spawn(worker.executor, bring(worker, made, std::move(request), std::move(calls)), asio::detached);
  return early_part(std::move(made));
}

awaitable<void> early_part::bring(worker_services& worker, std::shared_ptr<state> into,
                                  upstream::origin_request request,
                                  std::shared_ptr<upstream::call_count> calls) {
  counted_task const counted(worker.shared);
  co_await asio::post(worker.executor, asio::use_awaitable);
  auto answer = co_await worker.origin.read(std::move(request), into->who, *calls);
  if (answer && !into->ended) {
    into->answer = std::move(*answer);
  }
  into->ended = true;
  into->wake.cancel();
}

early_part::~early_part() {
  if (state_) {
    give_up();
  }
}

base::byte_span early_part::span() const {
  return state_->span;
}

void early_part::free_room() {
  state_->free_room();
}

awaitable<std::optional<upstream::origin_answer>> early_part::take(std::chrono::milliseconds bound) {
  while (!state_->ended) {
    auto const was_out = state_->who->under_way();
    state_->wake.expires_after(bound);
    co_await state_->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!state_->ended && was_out) {
      give_up();
    }
  }
  co_return std::exchange(state_->answer, std::nullopt);
}

void early_part::give_up() const {
  state_->ended = true;
  state_->answer.reset();
  state_->free_room();
  state_->who->withdraw();
  state_->wake.cancel();
}

}  // namespace s3proxy::proxy
