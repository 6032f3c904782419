// Plays request traces through eviction policies; prints a JSON object for each cache, one a line.

#include "engines.hpp"
#include "mixes.hpp"
#include "policies.hpp"
#include "real_store.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace s3proxy::hitratio {
namespace {

using played = std::vector<std::pair<char const*, outcome>>;

constexpr std::array<double, 4> cache_sizes{0.015, 0.05, 0.2, 0.6};  // of the footprint
constexpr std::size_t most_store_blocks = 4096;  // 1 GiB: the real store's caches are in memory

struct options {
  std::string mix;
  std::uint64_t seed = 1;
  scale how_much;
  bool with_store = false;
  bool with_steps = false;
};

trace draw(options const& chosen) {
  for (auto const& one : mixes()) {
    if (one.name == chosen.mix) {
      return draw_trace(one, chosen.how_much, chosen.seed);
    }
  }
  return draw_engines_trace(chosen.how_much.requests, chosen.seed);
}

/// What became of S3-FIFO, step by step.
void play_steps(block_trace const& asked, std::size_t blocks, played& out) {
  cache::s3_fifo_limits fixed;
  fixed.step = 0;
  fixed.tail_part = blocks * cache::block_size + 1;  // none
  auto adapts = fixed;
  adapts.step = cache::s3_fifo_limits{}.step;
  out.emplace_back("scattered_fixed", play_s3_fifo(asked, blocks, spread::scattered, fixed));
  out.emplace_back("fixed", play_s3_fifo(asked, blocks, spread::as_the_store, fixed));
  out.emplace_back("adapts", play_s3_fifo(asked, blocks, spread::as_the_store, adapts));
  out.emplace_back("one_shard", play_s3_fifo(asked, blocks, spread::together));
}

void print(trace const& of, std::size_t footprint, double size, played const& all) {
  std::printf(R"({"mix": "%s", "seed": %llu, "requests": %zu, "footprint": %zu, "size": %g, "ratios": {)",
              of.mix.c_str(), static_cast<unsigned long long>(of.seed), of.requests.size(),
              footprint * cache::block_size, size);
  auto const* comma = "";
  for (auto const& [name, what] : all) {
    std::printf(R"(%s"%s": {"requests": %.5f, "bytes": %.5f})", comma, name, what.request_ratio(),
                what.byte_ratio());
    comma = ", ";
  }
  std::printf("}}\n");
  std::fflush(stdout);
}

void run(options const& chosen) {
  auto const drawn = draw(chosen);
  auto const asked = cut_into_blocks(drawn);
  for (auto const size : cache_sizes) {
    auto const blocks = static_cast<std::size_t>(static_cast<double>(asked.blocks()) * size);
    played all{{"lru", play_lru(asked, blocks)},
               {"s3_fifo", play_s3_fifo(asked, blocks)},
               {"belady", play_belady(asked, blocks)}};
    if (chosen.with_steps) {
      play_steps(asked, blocks, all);
    }
    if (chosen.with_store && blocks <= most_store_blocks) {
      all.emplace_back("store", play_store(drawn, blocks));
    }
    print(drawn, asked.blocks(), size, all);
  }
}

}  // namespace
}  // namespace s3proxy::hitratio

int main(int argc, char** argv) {
  s3proxy::hitratio::options chosen;
  CLI::App app("Hit ratios of eviction policies; JSON lines.");
  app.add_option("mix", chosen.mix, "mixed, etl, dashboards, ad-hoc or engines")
      ->required()
      ->check(CLI::IsMember({"mixed", "etl", "dashboards", "ad-hoc", "engines"}));
  app.add_option("--seed", chosen.seed);
  app.add_option("--tables", chosen.how_much.tables, "of the lake; engines have their own")
      ->check(CLI::Range(1, 1000));
  app.add_option("--requests", chosen.how_much.requests)->check(CLI::Range(1000, 100'000'000));
  app.add_flag("--store", chosen.with_store,
               "also through the real store, caches of up to 1 GiB");
  app.add_flag("--steps", chosen.with_steps, "also S3-FIFO as it was before each of its changes");
  CLI11_PARSE(app, argc, argv);
  try {
    s3proxy::hitratio::run(chosen);
  } catch (std::exception const& failure) {
    std::fprintf(stderr, "s3proxy-hitratio: %s\n", failure.what());
    return 1;
  }
}
