#include "apps/dungeonlab/json_patch.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace json_patch_test {

using namespace apps::dungeonlab;
using socketio::Json;

namespace {

Json json(char const* text) {
    auto value = Json::parse(text);
    REQUIRE_MESSAGE(value, text);
    return *value;
}

// The patched document's text, or "!" and the reason.
std::string patched(char const* document, char const* operations) {
    auto const patch = json(operations);
    REQUIRE_MESSAGE(is_patch(patch), operations);
    auto const result = apply_patch(json(document), patch);
    return result.error ? "!" + *result.error : result.document.dump();
}

}  // namespace

TEST_CASE("the examples of RFC 6902, appendix A") {
    CHECK(patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])") ==
          R"({"foo":"bar","baz":"qux"})");
    CHECK(patched(R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])") ==
          R"({"foo":["bar","qux","baz"]})");
    CHECK(patched(R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])") ==
          R"({"foo":"bar"})");
    CHECK(patched(R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])") ==
          R"({"foo":["bar","baz"]})");
    CHECK(patched(R"({"baz":"qux","foo":"bar"})",
                  R"([{"op":"replace","path":"/baz","value":"boo"}])") ==
          R"({"baz":"boo","foo":"bar"})");
    CHECK(patched(R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
                  R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])") ==
          R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})");
    CHECK(patched(R"({"foo":["all","grass","cows","eat"]})",
                  R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])") ==
          R"({"foo":["all","cows","eat","grass"]})");
    CHECK(patched(R"({"baz":"qux","foo":["a",2,"c"]})",
                  R"([{"op":"test","path":"/baz","value":"qux"},
                      {"op":"test","path":"/foo/1","value":2}])") ==
          R"({"baz":"qux","foo":["a",2,"c"]})");
    CHECK(patched(R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])") ==
          "!Operation 0: the test failed");
    CHECK(patched(R"({"foo":"bar"})",
                  R"([{"op":"add","path":"/child","value":{"grandchild":{}},"xyz":123}])") ==
          R"({"foo":"bar","child":{"grandchild":{}}})");
    CHECK(patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])") ==
          "!Operation 0: no such parent");
    CHECK(patched(R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])") ==
          R"({"/":9,"~1":10})");
    CHECK(
        patched(R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])") ==
        R"({"foo":["bar",["abc","def"]]})");
}

TEST_CASE("the whole document, copies, and places that are none") {
    CHECK(patched(R"({"a":1})", R"([{"op":"replace","path":"","value":[1]}])") == "[1]");
    CHECK(patched(R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/a/0"}])") ==
          R"({"a":[[1],1]})");
    CHECK(patched(R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])") ==
          "!Operation 0: nothing can be moved into itself");
    for (auto const* path : {"/a/01", "/a/3", "/a/x", "/a/-1"}) {
        auto const patch = std::string(R"([{"op":"add","path":")") + path + R"(","value":1}])";
        CHECK(patched(R"({"a":[1,2]})", patch.c_str()) == "!Operation 0: no such place");
    }
    CHECK(patched(R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/-"}])") ==
          "!Operation 0: nothing to remove there");
    CHECK(
        patched("{}",
                R"([{"op":"add","path":"/x","value":1},{"op":"replace","path":"/y","value":1}])") ==
        "!Operation 1: nothing to replace there");
}

TEST_CASE("what is no patch is none before it is applied") {
    for (auto const* text :
         {"[]", "{}", "[1]", R"([{"op":"add","path":"/x"}])",
          R"([{"op":"add","path":"x","value":1}])", R"([{"op":"add","path":"/~2","value":1}])",
          R"([{"op":"move","path":"/x"}])", R"([{"op":"burn","path":"/x"}])", R"([{"path":"/x"}])",
          R"([{"op":"add","path":"/__proto__/x","value":1}])"}) {
        CHECK_MESSAGE(!is_patch(json(text)), text);
    }
    CHECK_FALSE(
        is_patch(Json::Array(max_patch_operations + 1, json(R"({"op":"remove","path":"/x"})"))));
}

TEST_CASE("a patch names the places that it changes, moves and copies") {
    using Places = std::vector<JsonPointer>;
    CHECK(places_in(json(R"([{"op":"add","path":"","value":1},
                             {"op":"remove","path":"/a~1b/c~0d/","from":"/unused"},
                             {"op":"move","from":"/from/here","path":"/to/-"},
                             {"op":"copy","from":"","path":"/x"}])")) ==
          Places{{}, {"a/b", "c~d", ""}, {"to", "-"}, {"from", "here"}, {"x"}, {}});
}

TEST_CASE("a patch cannot make a document without bounds") {
    Json::Array doubling;
    for (int i = 0; i < 60; ++i) {
        doubling.push_back(
            Json::object({{"op", "copy"}, {"from", ""}, {"path", "/x" + std::to_string(i)}}));
    }
    CHECK(apply_patch(json(R"({"a":[1,2,3,4]})"), doubling).error);
    Json::Array widening(60, json(R"({"op":"copy","from":"/a","path":"/a/-"})"));
    CHECK(apply_patch(json(R"({"a":[1,2,3,4]})"), widening).error);
    Json nested = Json::array();
    for (std::size_t i = 0; i <= max_patched_depth; ++i) {
        nested = Json::array({std::move(nested)});
    }
    auto const add = Json::object({{"op", "add"}, {"path", "/a"}, {"value", std::move(nested)}});
    CHECK(apply_patch(json("{}"), Json::array({add})).error);
}

TEST_CASE("long texts cannot be copied without bounds either") {
    auto const document = Json::object({{"a", std::string(390'000, 'x')}});
    Json::Array copies;
    for (int i = 0; i < 100; ++i) {
        copies.push_back(
            Json::object({{"op", "copy"}, {"from", "/a"}, {"path", "/x" + std::to_string(i)}}));
    }
    CHECK(apply_patch(document, copies).error == "Operation 4: too much is copied");
    copies.resize(4);
    CHECK_FALSE(apply_patch(document, copies).error);
}

TEST_CASE("a patch cannot take time without bounds") {
    auto const there = json(R"({"op":"move","from":"/a","path":"/b"})");
    auto const back = json(R"({"op":"move","from":"/b","path":"/a"})");
    Json::Array to_and_fro;
    while (to_and_fro.size() < max_patch_operations) {
        to_and_fro.push_back(there);
        to_and_fro.push_back(back);
    }
    Json::Array const many(100'000, Json(0));
    auto const moved = apply_patch(Json::object({{"a", many}}), to_and_fro);
    REQUIRE(moved.error);
    CHECK(moved.error == "Operation 39: too much work for one patch");
    // The same where an array is shifted, a long object searched, two values compared.
    auto const refuses = [](Json document, char const* operation) {
        Json::Array const operations(max_patch_operations, json(operation));
        auto const error = apply_patch(std::move(document), operations).error;
        return error && error->ends_with(": too much work for one patch");
    };
    CHECK(refuses(many, R"({"op":"add","path":"/0","value":0})"));
    CHECK(refuses(many, R"({"op":"remove","path":"/0"})"));
    std::vector<Json::Member> members;
    for (int i = 0; i < 10'000; ++i) {
        members.emplace_back("k" + std::to_string(i), 0);
    }
    Json const wide = Json(socketio::JsonObject(std::move(members)));
    CHECK(refuses(wide, R"({"op":"replace","path":"/k9999","value":1})"));
}

TEST_CASE("an ordinary patch has work enough: a large state moved, a thousand changes") {
    Json::Array const large(500'000, Json(0));
    auto const move = json(R"({"op":"move","from":"/a","path":"/b"})");
    CHECK_FALSE(apply_patch(Json::object({{"a", large}}), Json::array({move})).error);
    Json::Array changes;
    std::vector<Json::Member> members;
    for (std::size_t i = 0; i < max_patch_operations; ++i) {
        auto const name = "0123456789abcde" + std::to_string(i);
        members.emplace_back(name, Json::object({{"hp", 1}}));
        changes.push_back(
            Json::object({{"op", "replace"}, {"path", "/" + name + "/hp"}, {"value", 2}}));
    }
    Json const thousand = Json(socketio::JsonObject(std::move(members)));
    CHECK_FALSE(apply_patch(thousand, changes).error);
}

}  // namespace json_patch_test
