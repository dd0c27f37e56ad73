#pragma once

#include "engineio/callback.hpp"
#include "engineio/net/http.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace engineio {

/// Something the application is asked about a request. It is made of either kind of function:
///
///     [](net::Request const&) -> T                                   answers at once
///     [](net::Request const&, std::function<void(T)> answer)         answers whenever it likes
///
/// The second may call `answer` on any thread, also when the server has gone; only the first call
/// counts, and dropping it without a call cuts the request's connection. The request is valid until
/// the answer.
template <class T>
class Question {
public:
    /// How the second kind of function answers.
    using Answer = std::function<void(T)>;

    Question() = default;
    /// Answers whenever it likes.
    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Question> &&
             std::is_invocable_v<F&, net::Request const&, Answer>) Question(F ask)
        : ask_(std::move(ask)) {}
    /// Answers at once.
    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Question> &&
             std::is_invocable_r_v<T, F&, net::Request const&>) Question(F ask)
        : ask_([ask = std::move(ask)](net::Request const& request, Answer const& answer) {
              answer(ask(request));
          }) {}

    /// Whether there is anybody to ask.
    explicit operator bool() const { return ask_ != nullptr; }
    /// @private Asks; for the engine.
    void operator()(net::Request const& request, Answer answer) const {
        ask_(request, std::move(answer));
    }

private:
    Callback<void(net::Request const&, Answer)> ask_;
};

}  // namespace engineio
