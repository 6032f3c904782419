#include "s3proxy/app/credential_files.hpp"

#include "aws_home.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace s3proxy::app {
namespace {

struct home : aws_home {
  loaded_credentials loaded() {
    auto found = load_credentials(lookup(), reader());
    EXPECT_TRUE(found.has_value()) << (found.has_value() ? "" : found.error().sentence);
    return found.has_value() ? *std::move(found) : loaded_credentials{};
  }
  std::string refused() {
    auto const found = load_credentials(lookup(), reader());
    EXPECT_FALSE(found.has_value());
    return found.has_value() ? std::string() : found.error().sentence;
  }
};

TEST(credential_chain, the_environment_comes_first) {
  home ann;
  ann.write(credentials_path, pair_text("default", "FILE"));
  ann.variables.insert(
      {{"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}});
  auto const found = ann.loaded();
  EXPECT_EQ(found.pair->key_id.str(), "ENV");
  EXPECT_EQ(found.pair->secret_key.reveal(), "s");
  EXPECT_EQ(found.pair->session_token.reveal(), "t");
  EXPECT_EQ(found.where, "environment");
  EXPECT_EQ(ann.reads, 0);
}

TEST(credential_chain, the_credentials_file_comes_before_the_config_file) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE") + "aws_session_token = tok\n");
  ann.write(config_path, pair_text("default", "TWO"));
  auto const found = ann.loaded();
  EXPECT_EQ(found.pair->key_id.str(), "ONE");
  EXPECT_EQ(found.pair->secret_key.reveal(), "secret-of-ONE");
  EXPECT_EQ(found.pair->session_token.reveal(), "tok");
  EXPECT_EQ(found.where, "profile \"default\" (~/.aws/credentials)");
}

TEST(credential_chain, the_profile_is_named_by_the_environment) {
  home ann;
  ann.variables["AWS_PROFILE"] = "lake";
  ann.write(credentials_path, pair_text("default", "ONE") + pair_text("other", "TWO"));
  ann.write(config_path, pair_text("lake", "WRONG") + pair_text("profile lake", "RIGHT"));
  auto const found = ann.loaded();
  EXPECT_EQ(found.pair->key_id.str(), "RIGHT");
  EXPECT_EQ(found.where, "profile \"lake\" (~/.aws/config)");
  ann.write(credentials_path, pair_text("lake", "THREE"));
  EXPECT_EQ(ann.loaded().pair->key_id.str(), "THREE");
}

TEST(credential_chain, in_the_config_file_profile_default_beats_default) {
  home ann;
  ann.write(config_path, pair_text("default", "ONE") + pair_text("profile default", "TWO"));
  EXPECT_EQ(ann.loaded().pair->key_id.str(), "TWO");
}

TEST(credential_chain, the_files_may_stand_elsewhere) {
  home ann;
  ann.variables["AWS_SHARED_CREDENTIALS_FILE"] = "/run/keys";
  ann.write("/run/keys", pair_text("default", "ONE"));
  EXPECT_EQ(ann.loaded().where, "profile \"default\" (/run/keys)");
  ann.variables["AWS_SHARED_CREDENTIALS_FILE"] = "~/keys";
  ann.variables["AWS_CONFIG_FILE"] = "~/conf";
  ann.write("/home/ann/conf", pair_text("default", "TWO"));
  EXPECT_EQ(ann.loaded().where, "profile \"default\" (~/conf)");
}

TEST(credential_chain, to_have_none_is_no_error) {
  home ann;
  auto const found = ann.loaded();
  EXPECT_FALSE(found.pair);
  EXPECT_TRUE(found.where.starts_with("none (")) << found.where;
  EXPECT_TRUE(says(found.where, "~/.aws/credentials and ~/.aws/config")) << found.where;
  ann.variables.clear();
  EXPECT_TRUE(says(ann.loaded().where, "no HOME")) << ann.loaded().where;
  EXPECT_FALSE(ann.loaded().pair);
}

TEST(credential_chain, empty_variables_and_settings_are_not_set) {
  home ann;
  ann.variables.insert({{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}, {"AWS_PROFILE", ""}});
  ann.write(credentials_path, "[default]\naws_access_key_id =\naws_secret_access_key =\n");
  EXPECT_FALSE(ann.loaded().pair);
}

TEST(credential_chain, half_a_pair_is_refused_and_the_missing_half_named) {
  home ann;
  ann.variables["AWS_ACCESS_KEY_ID"] = "AKIA";
  EXPECT_EQ(ann.refused(),
            "half a key pair in environment: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
  ann.variables.erase("AWS_ACCESS_KEY_ID");
  ann.variables["AWS_SECRET_ACCESS_KEY"] = "hunter2";
  EXPECT_EQ(ann.refused(),
            "half a key pair in environment: AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not");
  ann.variables.erase("AWS_SECRET_ACCESS_KEY");
  ann.write(credentials_path, "[default]\naws_access_key_id = AKIA\n");
  EXPECT_TRUE(
      says(ann.refused(), "(~/.aws/credentials): aws_access_key_id is set and aws_secret_access_key is not"));
}

TEST(credential_chain, a_key_with_a_slip_of_copy_and_paste_is_refused_without_being_shown) {
  for (auto const* slip : {"hunter2\n", "hun ter2", "hunter2\xc2\xa0", "\thunter2"}) {
    for (auto const* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
      home ann;
      ann.variables.insert({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}});
      ann.variables[name] = slip;
      EXPECT_TRUE(ann.refused().starts_with(std::string(name) + " in environment holds a space"));
      EXPECT_FALSE(says(ann.refused(), "ter2"));
    }
  }
  home ann;
  ann.variables.insert({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", std::string(1025, 'x')}});
  EXPECT_TRUE(says(ann.refused(), "longer than 1024"));
}

TEST(credential_chain, a_file_that_is_there_must_be_readable) {
  for (auto const* path : {credentials_path, config_path}) {
    home ann;
    ann.forbid(path);
    EXPECT_EQ(ann.refused(), "cannot read ~/" + std::string(path).substr(10) + ": Permission denied");
  }
}

TEST(credential_chain, a_malformed_line_is_told_with_file_and_line) {
  home ann;
  ann.write(config_path, "[default]\nhunter2\n");
  EXPECT_EQ(ann.refused(), "~/.aws/config:2: neither a [section] nor `name = value`");
}

TEST(credential_chain, a_profile_asked_for_by_name_must_exist) {
  home ann;
  ann.variables["AWS_PROFILE"] = "lake";
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto const sentence = ann.refused();
  EXPECT_TRUE(says(sentence, "AWS_PROFILE names `lake`")) << sentence;
  EXPECT_TRUE(says(sentence, "~/.aws/credentials and ~/.aws/config")) << sentence;
  ann.write(config_path, "[profile lake]\nregion = eu-west-1\n");
  EXPECT_EQ(ann.loaded().where,
            "none (profile \"lake\" has no keys; looked in ~/.aws/credentials and ~/.aws/config)");
}

TEST(credential_chain, a_profile_with_keys_from_elsewhere_is_not_mistaken_for_one_with_its_own) {
  for (auto const* way : {"sso_session", "sso_start_url", "login_session"}) {
    home ann;
    ann.write(credentials_path, pair_text("default", "SOURCE") + pair_text("lake", "SOURCE"));
    ann.write(config_path, "[default]\n" + std::string(way) + " = x\n[profile lake]\n" + way + " = x\n");
    EXPECT_FALSE(ann.loaded().pair) << way;
    EXPECT_TRUE(says(ann.loaded().where, way)) << ann.loaded().where;
    ann.variables["AWS_PROFILE"] = "lake";
    EXPECT_TRUE(says(ann.refused(), "by " + std::string(way) + ", which s3proxy does not speak"))
        << ann.refused();
    EXPECT_TRUE(says(ann.refused(), "aws configure export-credentials")) << ann.refused();
  }
}

TEST(credential_chain, keys_that_somebody_hands_out_are_for_the_provider) {
  home ann;
  ann.write(credentials_path, pair_text("default", "SOURCE"));
  ann.write(config_path, "[default]\nrole_arn = arn:r\nsource_profile = default\n");
  EXPECT_EQ(
      ann.refused(),
      "the credentials come from profile \"default\" (~/.aws/config), role arn:r from profile \"default\" "
      "(~/.aws/credentials), which hands out new ones now and then");
}

TEST(credential_source, keeps_its_keys_when_the_profile_becomes_a_role) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = credential_source::open(ann.lookup(), ann.reader(), ann.stamper());
  ASSERT_TRUE(source.has_value());
  ann.write(config_path, "[default]\nrole_arn = arn:r\nsource_profile = default\n");
  EXPECT_EQ(source->poll().what, credential_source::outcome::kept);
  EXPECT_EQ(source->current().pair->key_id.str(), "ONE");
}

TEST(profile_region, is_read_from_the_config_file_first) {
  home ann;
  auto region = profile_region(ann.lookup(), ann.reader());
  EXPECT_FALSE(region->has_value());
  ann.write(credentials_path, "[default]\nregion = two\n");
  EXPECT_EQ((*profile_region(ann.lookup(), ann.reader()))->name, "two");
  ann.write(config_path, "[default]\nregion = one\n[profile lake]\nregion = three\n");
  region = profile_region(ann.lookup(), ann.reader());
  EXPECT_EQ((*region)->name, "one");
  EXPECT_EQ((*region)->where, "profile \"default\" (~/.aws/config)");
  ann.variables["AWS_PROFILE"] = "lake";
  EXPECT_EQ((*profile_region(ann.lookup(), ann.reader()))->name, "three");
  ann.variables["AWS_PROFILE"] = "nobody";
  EXPECT_FALSE(profile_region(ann.lookup(), ann.reader())->has_value());
  ann.write(config_path, "junk");
  EXPECT_FALSE(profile_region(ann.lookup(), ann.reader()).has_value());
}

credential_source open(home& ann) {
  auto source = credential_source::open(ann.lookup(), ann.reader(), ann.stamper());
  EXPECT_TRUE(source.has_value());
  return *std::move(source);
}

using outcome = credential_source::outcome;

TEST(credential_source, does_not_open_with_what_load_refuses) {
  home ann;
  ann.write(credentials_path, "junk");
  EXPECT_FALSE(credential_source::open(ann.lookup(), ann.reader(), ann.stamper()).has_value());
}

TEST(credential_source, reads_nothing_while_nothing_changes) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = open(ann);
  auto const reads = ann.reads;
  EXPECT_EQ(source.poll().what, outcome::unchanged);
  EXPECT_EQ(ann.reads, reads);
}

TEST(credential_source, takes_new_keys_when_a_file_changes) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = open(ann);
  ann.write(credentials_path, pair_text("default", "TWO"));
  auto const report = source.poll();
  EXPECT_EQ(report.what, outcome::replaced);
  EXPECT_EQ(report.sentence, "new credentials from profile \"default\" (~/.aws/credentials)");
  EXPECT_EQ(source.current().pair->key_id.str(), "TWO");
  EXPECT_EQ(source.poll().what, outcome::unchanged);
}

TEST(credential_source, each_part_of_a_stamp_tells_a_change) {
  home ann;
  for (auto change : {+[](file_stamp& s) { ++s.modified_ns; }, +[](file_stamp& s) { ++s.changed_ns; },
                      +[](file_stamp& s) { ++s.size; }, +[](file_stamp& s) { ++s.inode; }}) {
    ann.write(credentials_path, pair_text("default", "ONE"));
    auto source = open(ann);
    ann.files[credentials_path].reading.text = pair_text("default", "TWO");
    EXPECT_EQ(source.poll().what, outcome::unchanged);
    change(ann.files[credentials_path].stamp);
    EXPECT_EQ(source.poll().what, outcome::replaced);
  }
}

TEST(credential_source, a_new_secret_or_token_under_the_same_key_is_a_change) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = open(ann);
  ann.write(credentials_path, "[default]\naws_access_key_id = ONE\naws_secret_access_key = fresh\n");
  EXPECT_EQ(source.poll().what, outcome::replaced);
  EXPECT_EQ(source.current().pair->secret_key.reveal(), "fresh");
  ann.write(credentials_path,
            "[default]\naws_access_key_id = ONE\naws_secret_access_key = fresh\naws_session_token = t\n");
  EXPECT_EQ(source.poll().what, outcome::replaced);
}

TEST(credential_source, a_touched_file_with_the_same_keys_is_no_change) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = open(ann);
  ann.write(credentials_path, pair_text("default", "ONE"));
  EXPECT_EQ(source.poll().what, outcome::unchanged);
}

TEST(credential_source, keeps_the_old_keys_while_the_files_are_broken_and_says_so_once) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = open(ann);
  ann.write(credentials_path, "[default]\naws_access_key_id = TWO\n");
  auto const report = source.poll();
  EXPECT_EQ(report.what, outcome::kept);
  EXPECT_TRUE(says(report.sentence, "keeping those from profile \"default\" (~/.aws/credentials)"))
      << report.sentence;
  EXPECT_TRUE(says(report.sentence, "half a key pair")) << report.sentence;
  EXPECT_EQ(source.current().pair->key_id.str(), "ONE");
  EXPECT_EQ(source.poll().what, outcome::unchanged);
  ann.forbid(credentials_path);
  EXPECT_EQ(source.poll().what, outcome::kept);
  ann.write(credentials_path, pair_text("default", "TWO"));
  EXPECT_EQ(source.poll().what, outcome::replaced);
}

TEST(credential_source, a_file_that_is_gone_for_a_moment_does_not_take_the_keys_away) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  auto source = open(ann);
  ann.files.clear();
  auto const report = source.poll();
  EXPECT_EQ(report.what, outcome::kept);
  EXPECT_TRUE(says(report.sentence, "the credentials are gone")) << report.sentence;
  EXPECT_TRUE(source.current().pair);
}

TEST(credential_source, a_file_that_appears_brings_the_first_keys) {
  home ann;
  auto source = open(ann);
  EXPECT_FALSE(source.current().pair);
  ann.write(config_path, pair_text("default", "ONE"));
  EXPECT_EQ(source.poll().what, outcome::replaced);
  EXPECT_EQ(source.current().pair->key_id.str(), "ONE");
}

/// A directory of its own on the real disk.
struct scratch {
  std::filesystem::path path;

  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "s3proxy-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~scratch() { std::filesystem::remove_all(path); }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
};

TEST(file_on_disk, is_read_whole_or_not_at_all) {
  scratch const place;
  auto const path = (place.path / "file").string();
  EXPECT_EQ(read_file(path).what, file_reading::outcome::absent);
  std::ofstream(path) << std::string(10'000, 'x');
  EXPECT_EQ(read_file(path).what, file_reading::outcome::read);
  EXPECT_EQ(read_file(path).text, std::string(10'000, 'x'));
  EXPECT_EQ(read_file(path + "/below").what, file_reading::outcome::absent);
  std::ofstream(path) << std::string((1U << 20) + 1, 'x');
  EXPECT_EQ(read_file(path).what, file_reading::outcome::unreadable);
  EXPECT_EQ(read_file(place.path.string()).what, file_reading::outcome::unreadable);
  EXPECT_EQ(read_file("/dev/null").what, file_reading::outcome::read);
}

TEST(file_on_disk, has_another_stamp_after_it_was_replaced) {
  scratch const place;
  auto const path = (place.path / "file").string();
  EXPECT_FALSE(stamp_file(path));
  std::ofstream(path) << "one";
  auto const first = stamp_file(path);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size, 3U);
  EXPECT_EQ(stamp_file(path), first);
  std::ofstream(path + ".new") << "two";
  std::filesystem::rename(path + ".new", path);
  EXPECT_NE(stamp_file(path), first);
}

}  // namespace
}  // namespace s3proxy::app
