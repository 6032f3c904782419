#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace s3proxy::test {

/// Runs one coroutine to its end on a context of its own, and gives what it gave.
template <class T>
T awaited(boost::asio::awaitable<T> what) {
  boost::asio::io_context context{1};
  std::optional<T> out;
  auto const keep = [&out](std::exception_ptr defect, T value) {
    if (defect) {
      std::rethrow_exception(defect);
    }
    out.emplace(std::move(value));
  };
  boost::asio::co_spawn(context, std::move(what), keep);
  context.run();
  return *std::move(out);
}

}  // namespace s3proxy::test
