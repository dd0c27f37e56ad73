#include "socketio/json_codec.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace json_codec_test {

using namespace socketio;
using namespace std::chrono_literals;

namespace {

struct Point {
    int x = 0;
    int y = 0;
    SIO_JSON(Point, x, y)
};

struct Message {
    std::string room;
    std::optional<std::string> text;
    std::vector<Point> path;
    std::optional<Json> class_;
    SIO_JSON(Message, room, text, path, class_)
};

struct Nothing {
    SIO_JSON(Nothing)
};

// Inherits the line of Point but not its own.
struct Point3 : Point {
    int z = 0;
};

static_assert(Described<Point>);
static_assert(!Described<Point3>);
static_assert(!Described<int>);
static_assert(member_names<Message>()[3] == "class");

template <class T>
std::string text_of(T const& value) {
    std::string out;
    TextWriter writer(out);
    write_value(writer, value);
    return out;
}

template <class T>
std::optional<T> read_as(std::string_view text) {
    auto const json = Json::parse(text);
    REQUIRE(json);
    T value{};
    return read_value(*json, value) ? std::optional<T>(value) : std::nullopt;
}

}  // namespace

TEST_CASE("codec: plain values are written") {
    CHECK(text_of(true) == "true");
    CHECK(text_of(42) == "42");
    CHECK(text_of(std::uint8_t{200}) == "200");
    CHECK(text_of(std::int64_t{-5}) == "-5");
    CHECK(text_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709552000");
    CHECK(text_of(0.5) == "0.5");
    CHECK(text_of(0.5F) == "0.5");
    CHECK(text_of("literal") == "\"literal\"");
    CHECK(text_of(std::string("s")) == "\"s\"");
    CHECK(text_of(std::string_view("v")) == "\"v\"");
    CHECK(text_of(nullptr) == "null");
    CHECK(text_of(Json::array({1})) == "[1]");
    CHECK(text_of(std::optional<int>()) == "null");
    CHECK(text_of(std::optional<int>(1)) == "1");
}

TEST_CASE("codec: containers are written") {
    CHECK(text_of(std::vector<int>{1, 2}) == "[1,2]");
    CHECK(text_of(std::vector<bool>{true, false}) == "[true,false]");
    CHECK(text_of(std::deque<std::string>{"a"}) == "[\"a\"]");
    CHECK(text_of(std::set<int>{2, 1}) == "[1,2]");
    CHECK(text_of(std::array<int, 2>{3, 4}) == "[3,4]");
    CHECK(text_of(std::map<std::string, int>{{"b", 1}, {"a", 2}}) == R"({"a":2,"b":1})");
    CHECK(text_of(std::pair(1, "x")) == R"([1,"x"])");
    CHECK(text_of(std::tuple(1, 2.5, std::string("z"))) == R"([1,2.5,"z"])");
    CHECK(text_of(std::tuple<>()) == "[]");
    CHECK(text_of(std::vector<std::optional<int>>{1, std::nullopt}) == "[1,null]");
}

TEST_CASE("codec: structs leave out absent members") {
    CHECK(text_of(Point{1, 2}) == R"({"x":1,"y":2})");
    CHECK(text_of(Message{"r", std::nullopt, {{1, 2}}, {}}) ==
          R"({"room":"r","path":[{"x":1,"y":2}]})");
    CHECK(text_of(Message{"r", "t", {}, Json(1)}) ==
          R"({"room":"r","text":"t","path":[],"class":1})");
    CHECK(text_of(Nothing{}) == "{}");
}

TEST_CASE("codec: integers are read only if exact and in range") {
    CHECK(read_as<int>("3") == 3);
    CHECK(read_as<int>("3.0") == 3);
    CHECK(read_as<int>("-0") == 0);
    CHECK_FALSE(read_as<int>("3.5"));
    CHECK_FALSE(read_as<int>("2147483648"));
    CHECK_FALSE(read_as<unsigned>("-1"));
    CHECK(read_as<std::uint8_t>("255") == 255);
    CHECK_FALSE(read_as<std::uint8_t>("256"));
    CHECK_FALSE(read_as<int>("\"3\""));
    CHECK_FALSE(read_as<int>("true"));
    CHECK_FALSE(read_as<int>("null"));
    CHECK_FALSE(read_as<std::int64_t>("1e300"));
    CHECK(read_as<std::int64_t>("9007199254740992") == 9007199254740992);
    CHECK_FALSE(read_as<std::int64_t>("1e17"));
}

TEST_CASE("codec: other plain values are read without conversion") {
    CHECK(read_as<bool>("true") == true);
    CHECK_FALSE(read_as<bool>("1"));
    CHECK(read_as<double>("1") == 1.0);
    CHECK(read_as<float>("0.5") == 0.5F);
    CHECK_FALSE(read_as<double>("\"1\""));
    CHECK(read_as<std::string>("\"x\"") == "x");
    CHECK_FALSE(read_as<std::string>("1"));
    CHECK(read_as<std::nullptr_t>("null"));
    CHECK_FALSE(read_as<std::nullptr_t>("0"));
    CHECK(read_as<Json>("[1]") == Json::array({1}));
    CHECK(read_as<std::optional<int>>("null") == std::optional<std::optional<int>>{std::in_place});
    CHECK(read_as<std::optional<int>>("1") == std::optional<int>(1));
    CHECK_FALSE(read_as<std::optional<int>>("\"x\""));
    Json const text("view");
    std::string_view view;
    CHECK(read_value(text, view));
    CHECK(view == "view");
}

TEST_CASE("codec: containers are read") {
    CHECK(read_as<std::vector<int>>("[1,2]") == std::vector{1, 2});
    CHECK_FALSE(read_as<std::vector<int>>("[1,\"2\"]"));
    CHECK_FALSE(read_as<std::vector<int>>("{}"));
    CHECK(read_as<std::vector<bool>>("[true,false]") == std::vector{true, false});
    CHECK(read_as<std::set<int>>("[2,1,2]") == std::set{1, 2});
    CHECK(read_as<std::array<int, 2>>("[3,4]") == std::array{3, 4});
    CHECK_FALSE(read_as<std::array<int, 2>>("[3]"));
    CHECK(read_as<std::map<std::string, int>>(R"({"a":1})") ==
          std::map<std::string, int>{{"a", 1}});
    CHECK(read_as<std::unordered_map<std::string, Json, KeyedHash>>(R"({"a":[]})")
              ->at("a")
              .is_array());
    CHECK_FALSE(read_as<std::map<std::string, int>>(R"({"a":null})"));
    CHECK(read_as<std::pair<int, std::string>>(R"([1,"x"])") == std::pair(1, std::string("x")));
    CHECK_FALSE(read_as<std::pair<int, std::string>>("[1]"));
    CHECK(read_as<std::tuple<int, bool>>("[1,true]") == std::tuple(1, true));
}

TEST_CASE("codec: unordered containers are read under a hash that nobody outside knows") {
    CHECK(read_as<std::unordered_set<int, KeyedHash>>("[3,-1,3]") ==
          std::unordered_set<int, KeyedHash>{-1, 3});
    CHECK(read_as<std::unordered_set<double, KeyedHash>>("[0.5,-0.0,0]")->size() == 2);
    CHECK(read_as<std::unordered_multiset<std::string, KeyedHash>>(R"(["a","b","a"])")->size() ==
          3);
    CHECK(read_as<std::unordered_map<std::string, std::unordered_set<bool, KeyedHash>, KeyedHash>>(
              R"({"a":[true,true]})")
              ->at("a")
              .size() == 1);
    CHECK_FALSE(read_as<std::unordered_set<int, KeyedHash>>("[\"3\"]"));
    CHECK(KeyedHash()(-1) == KeyedHash()(std::int64_t{-1}));
    CHECK(KeyedHash()(std::string("a")) == engineio::net::KeyedHash()("a"));
    CHECK(text_of(std::unordered_set<int>{7}) == "[7]");  // whoever writes has chosen the keys

    struct OwnHash {
        std::size_t operator()(int) const { return 0; }
    };
    struct Transparent : std::hash<std::string_view> {};
    static_assert(codec::OpenToCollisions<std::unordered_set<int>>);
    static_assert(codec::OpenToCollisions<std::unordered_multimap<std::string, int>>);
    static_assert(codec::OpenToCollisions<std::unordered_set<std::string, Transparent>>);
    static_assert(!codec::OpenToCollisions<std::unordered_set<int, KeyedHash>>);
    static_assert(!codec::OpenToCollisions<std::unordered_set<int, OwnHash>>);
    static_assert(!codec::OpenToCollisions<std::map<std::string, int>>);
}

TEST_CASE("codec: chosen keys do not fall into one bucket") {
    // Under std::hash, which leaves integers as they are, multiples of the number of buckets do.
    constexpr std::int64_t buckets = 42'043;
    constexpr int count = 20'000;
    std::string text = "[0";
    for (int i = 1; i < count; ++i) {
        text += ',' + std::to_string(i * buckets);
    }
    auto const set = read_as<std::unordered_set<std::int64_t, KeyedHash>>(text + ']');
    REQUIRE(set->size() == count);
    std::size_t fullest = 0;
    for (std::size_t i = 0; i < set->bucket_count(); ++i) {
        fullest = std::max(fullest, set->bucket_size(i));
    }
    CHECK(fullest < 32);
}

TEST_CASE("codec: structs need their members and ignore others") {
    auto const point = read_as<Point>(R"({"y":2,"z":3,"x":1})");
    REQUIRE(point);
    CHECK(point->x == 1);
    CHECK(point->y == 2);
    CHECK_FALSE(read_as<Point>(R"({"x":1})"));
    CHECK_FALSE(read_as<Point>("[1,2]"));
    auto const message = read_as<Message>(R"({"room":"r","path":[{"x":1,"y":2}],"class":{"k":1}})");
    REQUIRE(message);
    CHECK_FALSE(message->text);
    CHECK(message->path.at(0).y == 2);
    CHECK((*message->class_)["k"] == Json(1));
    CHECK_FALSE(read_as<Message>(R"({"room":"r","path":[{"x":1}]})"));
    CHECK(read_as<Nothing>("{}"));
    CHECK_FALSE(read_as<Nothing>("1"));
    // Local structs work too.
    struct Local {
        int a;
        SIO_JSON(Local, a)
    };
    CHECK(read_as<Local>(R"({"a":5})")->a == 5);
}

TEST_CASE("codec: bytes") {
    std::vector<std::byte> const bytes{std::byte{0}, std::byte{255}};
    CHECK(to_json(bytes) == Json(Binary{std::string("\x00\xFF", 2)}));
    std::vector<std::byte> back;
    CHECK(read_value(to_json(bytes), back));
    CHECK(back == bytes);
    Binary binary;
    CHECK(read_value(Json(Binary{"abc"}), binary));
    CHECK(binary.bytes == "abc");
    CHECK_FALSE(read_value(Json("abc"), binary));
}

TEST_CASE("codec: wall-clock times are ISO strings") {
    using Clock = std::chrono::system_clock;
    Clock::time_point const time = Clock::from_time_t(1709210096) + 789ms;
    CHECK(text_of(time) == "\"2024-02-29T12:34:56.789Z\"");
    CHECK(read_as<Clock::time_point>("\"2024-02-29T12:34:56.789Z\"") == time);
    CHECK_FALSE(read_as<Clock::time_point>("\"9999-01-01T00:00:00Z\""));  // beyond nanoseconds
    CHECK_FALSE(read_as<Clock::time_point>("1709210096789"));
    CHECK(read_as<std::chrono::sys_seconds>("\"9999-01-01T00:00:00Z\""));
}

TEST_CASE("codec: leaves are moved out of an expiring value") {
    Json json(std::string(100, 'x'));
    char const* const data = json.string()->data();
    std::string text;
    CHECK(read_value(std::move(json), text));
    CHECK(text.data() == data);
}

TEST_CASE("codec: Args is spread") {
    std::string out;
    TextWriter writer(out);
    Args const args{2, "three"};
    CHECK(args_count("name", args, Args{}, 4) == 4);
    CHECK(args_count() == 0);
    writer.begin_array(args_count("name", args, 4));
    write_args(writer, "name", args, 4);
    writer.end_array();
    CHECK(out == R"(["name",2,"three",4])");
}

TEST_CASE("codec: to_json builds the same tree as text") {
    Message const message{"r", "t", {{1, 2}}, Json::object({{"a", 1}})};
    CHECK(to_json(message) == *Json::parse(text_of(message)));
    CHECK(to_json(7) == Json(7));
}

}  // namespace json_codec_test
