#pragma once

#include <boost/system/result.hpp>
#include <doctest/doctest.h>

// Boost's own printing of a result wants printable contents, which rules' answers are not.
template <typename T, typename E>
struct doctest::StringMaker<boost::system::result<T, E>> {
    static String convert(boost::system::result<T, E> const& result) {
        return result.has_value() ? "a value" : "a refusal";
    }
};
