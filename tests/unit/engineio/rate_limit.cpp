#include "engineio/net/rate_limit.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rate_limit_test {

using namespace engineio::net;
using namespace std::chrono_literals;

namespace {

TokenBucket::TimePoint const start{};

// How many of `tries` are granted at once.
int granted(TokenBucket& bucket, Rate const& rate, TokenBucket::TimePoint now, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        count += bucket.take(rate, now) ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("a bucket grants its burst, then what its rate brings back") {
    Rate const rate{20, 10s};
    TokenBucket bucket(rate, start);
    CHECK(granted(bucket, rate, start, 50) == 20);
    CHECK(granted(bucket, rate, start + 499ms, 50) == 0);
    CHECK(granted(bucket, rate, start + 500ms, 50) == 1);
    CHECK(granted(bucket, rate, start + 5'500ms, 50) == 10);
    CHECK(granted(bucket, rate, start + 1h, 50) == 20);  // never more than it holds
}

TEST_CASE("a bucket says what is left and how long to wait") {
    Rate const rate{10, 60s};
    TokenBucket bucket(rate, start);
    CHECK(bucket.left(rate, start) == 10);
    CHECK(bucket.wait(rate, start) == 0ms);
    CHECK(bucket.take(rate, start, 10));
    CHECK(bucket.left(rate, start) == 0);
    CHECK(bucket.wait(rate, start) == 6s);
    CHECK(bucket.wait(rate, start + 2s) == 4s);
    CHECK_FALSE(bucket.take(rate, start + 5s, 1));
    CHECK(bucket.take(rate, start + 6s, 1));
}

TEST_CASE("a bucket that is never filled again says so, and not that it is full") {
    Rate const rate{1, std::chrono::milliseconds::max()};
    TokenBucket bucket(rate, start);
    CHECK(bucket.take(rate, start));
    CHECK_FALSE(bucket.take(rate, start + 1h));
    CHECK(bucket.wait(rate, start, 1) == std::chrono::milliseconds::max());
    CHECK(bucket.wait(rate, start, 1e300) == std::chrono::milliseconds::max());
}

TEST_CASE("a clock that goes backwards gives nothing away and takes nothing") {
    Rate const rate{2, 1s};
    TokenBucket bucket(rate, start + 1h);
    CHECK(granted(bucket, rate, start + 1h, 9) == 2);
    CHECK(granted(bucket, rate, start, 9) == 0);
    CHECK(granted(bucket, rate, start + 1h + 1s, 9) == 2);
}

TEST_CASE("every key has a bucket of its own") {
    RateLimiter limiter({2, 1s});
    CHECK(limiter.take("ana", start));
    CHECK(limiter.take("ana", start));
    CHECK_FALSE(limiter.take("ana", start));
    CHECK(limiter.take("ben", start));
    CHECK(limiter.left("ana", start) == 0);
    CHECK(limiter.left("ben", start) == 1);
    CHECK(limiter.left("nobody", start) == 2);
    CHECK(limiter.wait("ana", start) == 500ms);
    CHECK(limiter.wait("nobody", start) == 0ms);
    CHECK(limiter.take("ana", start + 1s));
}

TEST_CASE("strangers can't make a limiter grow; who came last is remembered") {
    RateLimiter limiter({1, 1h}, 100);
    CHECK(limiter.take("first", start));
    for (int i = 0; i < 1000; ++i) {
        limiter.take("stranger " + std::to_string(i), start);
        CHECK_FALSE(limiter.take("first", start));  // seen again and again: stays
    }
    CHECK(limiter.size() == 100);
    CHECK(limiter.take("stranger 1", start));  // forgotten
}

}  // namespace rate_limit_test
