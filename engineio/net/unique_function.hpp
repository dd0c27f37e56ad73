#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace engineio::net {

/// A move-only `void()` callable. Tasks of a shard carry sockets, packets and descriptors, which
/// std::function would force to be copyable. One allocation per task.
class UniqueFunction {
public:
    UniqueFunction() = default;

    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, UniqueFunction> &&
             std::is_invocable_v<std::decay_t<F>&>) UniqueFunction(F&& function)
        : callable_(std::make_unique<Callable<std::decay_t<F>>>(std::forward<F>(function))) {}

    void operator()() { callable_->call(); }
    explicit operator bool() const { return callable_ != nullptr; }

private:
    struct Base {
        virtual ~Base() = default;
        virtual void call() = 0;
    };
    template <class F>
    struct Callable final : Base {
        explicit Callable(F&& function) : function(std::move(function)) {}
        explicit Callable(F const& function) : function(function) {}
        void call() override { function(); }
        F function;
    };

    std::unique_ptr<Base> callable_;
};

}  // namespace engineio::net
