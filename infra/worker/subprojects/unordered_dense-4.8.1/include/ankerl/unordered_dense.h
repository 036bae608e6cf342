#pragma once
// ankerl::unordered_dense, as the worker uses it, over Abseil's flat hash containers.
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>
#include <functional>
#include <iterator>
#include <string_view>
#include <type_traits>

namespace ankerl::unordered_dense
{
	template<typename T>
	inline constexpr bool abslHashable = std::is_arithmetic_v<T> || std::is_enum_v<T> ||
	                                     std::is_pointer_v<T> ||
	                                     std::is_convertible_v<T, std::string_view>;
	template<typename T>
	using hash = std::conditional_t<abslHashable<T>, absl::Hash<T>, std::hash<T>>;

	// Abseil's erase(iterator) returns nothing; the worker wants the next iterator.
	template<typename Base>
	struct erasing : Base
	{
		using Base::Base;
		using Base::erase;
		typename Base::iterator erase(typename Base::iterator it)
		{
			auto next = std::next(it);
			Base::erase(it);
			return next;
		}
	};
	template<typename K, typename V, typename H = hash<K>, typename E = std::equal_to<K>>
	using map = erasing<absl::flat_hash_map<K, V, H, E>>;
	template<typename K, typename H = hash<K>, typename E = std::equal_to<K>>
	using set = erasing<absl::flat_hash_set<K, H, E>>;
} // namespace ankerl::unordered_dense
