#pragma once

#include "engineio/net/result.hpp"
#include "engineio/net/shard.hpp"

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace apps::common {

/// A value, or the exception in its place.
template <class R>
struct Outcome {
    std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> value;
    std::exception_ptr error;

    R take() {
        if (error) {
            std::rethrow_exception(error);
        }
        if constexpr (!std::is_void_v<R>) {
            return std::move(*value);
        }
    }
};

/// GCC 12 destroys a capturing lambda twice if it is written inside a co_await expression. So it
/// must be given a name before.
template <class F>
consteval void assert_named() {
    static_assert(
        std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<F>,
        "give the lambda a name first: auto const work = [...]; co_await store.ask(work);");
}

/// What another thread will answer: `co_await` gives the value or throws what came in its place,
/// and goes on on the shard that asked. The work is under way already; dropping this drops only
/// the answer. Stays on its shard.
template <class R>
class [[nodiscard]] Later {
public:
    /// Only on a shard's thread.
    Later() : state_(std::make_shared<State>()), shard_(engineio::net::Shard::current()) {
        SIO_ASSERT(shard_ != nullptr);
    }
    Later(Later&&) noexcept = default;
    Later& operator=(Later&&) noexcept = default;
    ~Later() {
        if (state_) {
            state_->handle = nullptr;  // the coroutine is being destroyed: nobody to resume
        }
    }

    /// To be called once, from any thread.
    auto resolver() const {
        return [shard = shard_, state = state_](Outcome<R> outcome) {
            shard->post([state, outcome = std::move(outcome)]() mutable {
                state->outcome = std::move(outcome);
                if (auto const handle = std::exchange(state->handle, nullptr)) {
                    handle.resume();
                }
            });
        };
    }

    /// The same at once, by whoever has made it, before it is awaited: nobody has to be resumed.
    void resolve_now(Outcome<R> outcome) { state_->outcome = std::move(outcome); }

    bool await_ready() const noexcept { return state_->outcome.has_value(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->handle = waiting; }
    R await_resume() { return state_->outcome->take(); }

private:
    struct State {
        std::optional<Outcome<R>> outcome;
        std::coroutine_handle<> handle;
    };
    std::shared_ptr<State> state_;
    engineio::net::Shard* shard_;
};

}  // namespace apps::common
